import { plural, t } from "@lingui/core/macro";
import { useState } from "react";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { ImportsDocument } from "../../gql/graphql.ts";
import { sayText } from "../../i18n/said.ts";
import { LOCALE } from "../../lib/locale.ts";
import { formatExact } from "../../lib/numberFormat.ts";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useReporting } from "../shared/reporting.ts";
import styles from "./data.module.css";
import { formatInstant } from "./instants.ts";
import { OpenJobs } from "./OpenJobs.tsx";
import { filesText, type Run } from "./run.ts";
import { UndoDialog } from "./UndoDialog.tsx";
import { useRetryAfter } from "./useRetryAfter.ts";
import { RejectsButton } from "./wizard/RejectsButton.tsx";
import { formatInteger } from "./wizard/words.ts";

const PAGE_ROWS = 25;
const POLL_MS = 10_000;

const MODES: Readonly<Record<Run["mode"], string>> = {
  APPEND: t({ message: "added", context: "import" }),
  REPLACE: t`replaced orders`,
  SNAPSHOT: t({ message: "everything", context: "import" }),
  SEED: t({ message: "generated", context: "import" }),
  UNDO: t({ message: "undo", context: "import" }),
};

interface ImportsPanelProps {
  readonly canImport: boolean;
  /** How often the page has changed what is imported. */
  readonly changes: number;
  readonly onChanged: () => void;
}

/** What was imported, and taking it back. */
export function ImportsPanel({ canImport, changes, onChanged }: ImportsPanelProps) {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const [undoing, setUndoing] = useState<Run | null>(null);
  const query = usePanelQuery(
    ImportsDocument,
    { first: PAGE_ROWS, after: cursors.at(-1) ?? null },
    // Imports of others appear too, and each answer is as of now.
    { pollInterval: POLL_MS },
  );
  useRetryAfter(changes, query);
  const columns = useColumns(canImport, setUndoing);
  return (
    <>
      <Panel
        title={t`Imports`}
        query={query}
        height={110}
        subtitle={
          query.data &&
          plural(query.data.imports.totalCount, {
            one: "# in all, the newest first",
            other: "# in all, the newest first",
          })
        }
        empty={({ imports }) =>
          imports.nodes.length === 0
            ? t`Nothing was imported yet. Orders that programs recorded are not in this list.`
            : null
        }
      >
        {({ imports }) => (
          <>
            {canImport && <OpenJobs />}
            <DataTable
              caption={t`Imports`}
              columns={columns}
              rows={imports.nodes}
              rowKey={({ id }) => id}
              limit={PAGE_ROWS}
            />
            {(cursors.length > 0 || imports.pageInfo.hasNextPage) && (
              <div className={styles.pager}>
                <button
                  type="button"
                  className={styles.small}
                  disabled={cursors.length === 0}
                  onClick={() => setCursors(cursors.slice(0, -1))}
                >{t`Newer`}</button>
                <button
                  type="button"
                  className={styles.small}
                  disabled={!imports.pageInfo.hasNextPage}
                  onClick={() => setCursors([...cursors, imports.pageInfo.endCursor ?? ""])}
                >{t`Older`}</button>
              </div>
            )}
          </>
        )}
      </Panel>
      {undoing !== null && (
        <UndoDialog run={undoing} onClose={() => setUndoing(null)} onUndone={onChanged} />
      )}
    </>
  );
}

function useColumns(canImport: boolean, undo: (run: Run) => void): readonly Column<Run>[] {
  const { zone } = useReporting();
  const at = (instant: string) => formatInstant(instant, zone);
  const plain = { isSortable: false } as const;
  return [
    {
      ...plain,
      id: "files",
      header: t`File`,
      isName: true,
      isWhole: true,
      value: (run) => filesText(run),
      render: (run) => (
        <span
          className={run.undoneBy === null ? undefined : styles.back}
          title={run.files
            ?.map(({ name, sha256 }) => `${name} SHA-256 ${sha256 ?? "?"}`)
            .join("\n")}
        >
          {filesText(run)}
        </span>
      ),
    },
    {
      ...plain,
      id: "number",
      header: t`No.`,
      numeric: true,
      value: ({ number }) => String(number),
      // A name of the import rather than a count: commands take it without marks between digits.
      render: ({ number }) => number.toLocaleString(LOCALE, { useGrouping: false }),
    },
    { ...plain, id: "at", header: t`Published`, value: ({ publishedAt }) => at(publishedAt) },
    { ...plain, id: "source", header: t`Source`, value: ({ source }) => source },
    {
      ...plain,
      id: "mode",
      header: t`How`,
      value: ({ mode, undoes, undoneBy }) =>
        undoes !== null
          ? t`undo of ${undoes}`
          : undoneBy === null
            ? MODES[mode]
            : t`${MODES[mode]}, taken back by ${undoneBy}`,
    },
    {
      ...plain,
      id: "new",
      header: t`Lines booked`,
      numeric: true,
      value: ({ lines }) => formatInteger(lines.new + lines.changed + lines.again),
    },
    {
      ...plain,
      id: "back",
      header: t`Taken back`,
      numeric: true,
      value: ({ lines }) => formatInteger(lines.takenBack),
    },
    {
      ...plain,
      id: "rejected",
      header: t`Rejected`,
      numeric: true,
      value: ({ rowsRejected }) => (rowsRejected === null ? null : formatInteger(rowsRejected)),
      render: ({ rowsRejected, jobId, source, number }) =>
        rowsRejected !== null && rowsRejected > 0 && jobId !== null && canImport ? (
          <RejectsButton jobId={jobId} name={`${source}-${number}`} className={styles.small}>
            {t`${formatInteger(rowsRejected)}: save`}
          </RejectsButton>
        ) : undefined,
    },
    {
      ...plain,
      id: "net",
      header: t`Revenue in the file`,
      numeric: true,
      value: ({ totals }) =>
        totals.length === 0
          ? null
          : totals
              .map(({ currency, net }) => formatExact(net, { unit: "money", currency }))
              .join(" + "),
    },
    ...(canImport
      ? [
          {
            ...plain,
            id: "undo",
            header: t`Undo`,
            value: () => null,
            render: (run: Run) =>
              run.undoes === null ? (
                <button
                  type="button"
                  className={styles.small}
                  disabled={run.undoObstacleText !== null}
                  title={run.undoObstacleText === null ? undefined : sayText(run.undoObstacleText)}
                  aria-label={t`Take back import ${run.number}`}
                  onClick={() => undo(run)}
                >{t`Take back`}</button>
              ) : undefined,
          },
        ]
      : []),
  ];
}
