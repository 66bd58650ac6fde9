import { useApolloClient } from "@apollo/client/react";
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useEffect, useRef, useState } from "react";
import { describeError } from "../../api/errors.ts";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import {
  FeedsDocument,
  PauseFeedDocument,
  PullFeedDocument,
  RemoveFeedDocument,
} from "../../gql/graphql.ts";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useReporting } from "../shared/reporting.ts";
import styles from "./data.module.css";
import { FeedForm } from "./FeedForm.tsx";
import { eventsText, type Feed, feedLag, scheduleText, slotText, stateText } from "./feed.ts";
import { problemText } from "./wizard/words.ts";

const POLL_MS = 3000;

/** Sources that are read again on a schedule: how each is, and what can be done about it. */
export function FeedsPanel({ onChanged }: { readonly onChanged: () => void }) {
  const query = usePanelQuery(FeedsDocument, {}, { pollInterval: POLL_MS });
  const [isAdding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Feed | null>(null);
  const { act, problem } = useActions(query.retry);
  useNewImports(query.data?.feeds, onChanged);
  return (
    <>
      <Panel
        title={t`Feeds`}
        query={query}
        height={110}
        subtitle={t`Sources that are read again on a schedule: what changed there is imported`}
      >
        {({ feeds }) => (
          <>
            {problem !== null && (
              <p role="alert" className={styles.warn}>
                {problem}
              </p>
            )}
            {feeds.length === 0 && !isAdding && (
              <p className={styles.muted}>{t`There is none yet.`}</p>
            )}
            {feeds.length > 0 && (
              <DataTable
                caption={t`Feeds`}
                rows={feeds}
                rowKey={({ id }) => id}
                limit={feeds.length}
                columns={columns((feed, what) => {
                  if (what === "remove") setRemoving(feed);
                  else act(feed, what);
                })}
              />
            )}
            {isAdding ? (
              <FeedForm
                onDone={(isAdded) => {
                  setAdding(false);
                  if (isAdded) query.retry();
                }}
              />
            ) : (
              <button
                type="button"
                className={`${styles.small} ${styles.add}`}
                onClick={() => setAdding(true)}
              >{t`Add a feed`}</button>
            )}
          </>
        )}
      </Panel>
      {removing !== null && (
        <RemoveDialog
          feed={removing}
          onClose={() => setRemoving(null)}
          onRemove={() => act(removing, "remove")}
        />
      )}
    </>
  );
}

type Action = "pull" | "pause" | "resume" | "remove";

function columns(act: (feed: Feed, what: Action) => void): readonly Column<Feed>[] {
  const plain = { isSortable: false } as const;
  return [
    { ...plain, id: "name", header: t`Feed`, isName: true, value: ({ name }) => name },
    {
      ...plain,
      id: "address",
      header: t`Reads from`,
      value: ({ address }) => address,
      render: ({ address }) => <div className={styles.wrapped}>{address}</div>,
    },
    { ...plain, id: "source", header: t`Source`, value: ({ source }) => source },
    {
      ...plain,
      id: "schedule",
      header: t({ message: "When", context: "a feed is read" }),
      value: timesText,
      render: (feed) => <div className={styles.wrapped}>{timesText(feed)}</div>,
    },
    {
      ...plain,
      id: "state",
      header: t`State`,
      value: (feed) => stateText(feed),
      render: (feed) => <FeedState feed={feed} />,
    },
    {
      ...plain,
      id: "lag",
      header: t`Lag`,
      definition: t`How long ago it was read: what its source has since may be missing here. Of a database whose changes are followed, also how much of its log was not read.`,
      numeric: true,
      value: feedLag,
    },
    {
      ...plain,
      id: "import",
      header: t`Last import`,
      numeric: true,
      value: ({ lastImport }) => (lastImport === null ? null : String(lastImport)),
    },
    {
      ...plain,
      id: "do",
      header: t`Do`,
      value: () => null,
      render: (feed) => (
        <div className={styles.actions}>
          <button
            type="button"
            className={styles.small}
            disabled={feed.state === "RUNNING" || feed.state === "PAUSED"}
            aria-label={t`Pull now: ${feed.name}`}
            onClick={() => act(feed, "pull")}
          >{t`Pull now`}</button>
          <button
            type="button"
            className={styles.small}
            aria-label={`${feed.state === "PAUSED" ? t`Resume` : t`Pause`} ${feed.name}`}
            onClick={() => act(feed, feed.state === "PAUSED" ? "resume" : "pause")}
          >
            {feed.state === "PAUSED" ? t`Resume` : t`Pause`}
          </button>
          <button
            type="button"
            className={styles.small}
            aria-label={t`Remove ${feed.name}`}
            onClick={() => act(feed, "remove")}
          >{t`Remove`}</button>
        </div>
      ),
    },
  ];
}

function timesText({ schedule, zone }: Feed): string {
  return zone === null ? scheduleText(schedule) : `${scheduleText(schedule)}, ${zone}`;
}

function FeedState({ feed }: { readonly feed: Feed }) {
  const { zone } = useReporting();
  const events = eventsText(feed);
  const text = stateText(feed);
  const slot = slotText(feed, zone);
  return (
    <>
      {feed.problem === null ? text : <strong className={styles.warn}>{text}</strong>}
      {feed.problem !== null && <p className={styles.problem}>{problemText(feed.problem)}</p>}
      {events !== null && (
        <p className={styles.problem}>
          <Trans>Events: {events}</Trans>
        </p>
      )}
      {slot !== null && <p className={styles.problem}>{slot}</p>}
    </>
  );
}

function useActions(retry: () => void) {
  const client = useApolloClient();
  const [problem, setProblem] = useState<string | null>(null);
  async function act({ name }: Feed, what: Action) {
    setProblem(null);
    try {
      if (what === "pull") {
        await client.mutate({ mutation: PullFeedDocument, variables: { name } });
      } else if (what === "remove") {
        await client.mutate({ mutation: RemoveFeedDocument, variables: { name } });
      } else {
        const variables = { name, isPaused: what === "pause" };
        await client.mutate({ mutation: PauseFeedDocument, variables });
      }
    } catch (error) {
      setProblem(describeError(error).detail);
    }
    retry();
  }
  return { act, problem };
}

/** Says when a feed has imported something, so that the page shows it. */
function useNewImports(feeds: readonly Feed[] | undefined, onChanged: () => void) {
  const known = useRef<number | null>(null);
  const newest = feeds && Math.max(0, ...feeds.map(({ lastImport }) => lastImport ?? 0));
  useEffect(() => {
    if (newest === undefined) return;
    if (known.current !== null && newest > known.current) onChanged();
    known.current = newest;
  }, [newest, onChanged]);
}

interface RemoveDialogProps {
  readonly feed: Feed;
  readonly onClose: () => void;
  readonly onRemove: () => void;
}

function RemoveDialog({ feed, onClose, onRemove }: RemoveDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      className={styles.dialog}
      aria-labelledby="remove-feed-title"
      onClose={onClose}
    >
      <h2 id="remove-feed-title">
        <Trans>Remove the feed {feed.name}?</Trans>
      </h2>
      <p>
        <Trans>
          {feed.address} is not read any more. What it imported stays, and is taken back in the list
          of imports.
        </Trans>
      </p>
      <div className={styles.buttons}>
        <button
          type="button"
          className={styles.small}
          onClick={() => dialog.current?.close()}
        >{t`Keep it`}</button>
        <button
          type="button"
          className={styles.danger}
          onClick={() => {
            onRemove();
            dialog.current?.close();
          }}
        >{t`Remove it`}</button>
      </div>
    </dialog>
  );
}
