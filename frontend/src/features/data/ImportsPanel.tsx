import { useState } from "react";
import { usePanelQuery } from "../../api/usePanelQuery.ts";
import { ImportsDocument } from "../../gql/graphql.ts";
import { formatClock, formatSpan } from "../../lib/dates.ts";
import { formatExact } from "../../lib/numberFormat.ts";
import { type Column, DataTable } from "../../ui/DataTable.tsx";
import { Panel } from "../shared/Panel.tsx";
import { useReporting } from "../shared/reporting.ts";
import styles from "./data.module.css";
import { OpenJobs } from "./OpenJobs.tsx";
import { filesText, type Run } from "./run.ts";
import { UndoDialog } from "./UndoDialog.tsx";
import { useRetryAfter } from "./useRetryAfter.ts";
import { RejectsButton } from "./wizard/RejectsButton.tsx";
import { formatInteger } from "./wizard/words.ts";

const PAGE_ROWS = 25;
const POLL_MS = 10_000;

const MODES: Readonly<Record<Run["mode"], string>> = {
  APPEND: "added",
  REPLACE: "replaced orders",
  SNAPSHOT: "everything",
  SEED: "generated",
  UNDO: "undo",
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
        title="Imports"
        query={query}
        height={110}
        subtitle={
          query.data && `${formatInteger(query.data.imports.totalCount)} in all, the newest first`
        }
        empty={({ imports }) =>
          imports.nodes.length === 0
            ? "Nothing was imported yet. Orders that programs recorded are not in this list."
            : null
        }
      >
        {({ imports }) => (
          <>
            {canImport && <OpenJobs />}
            <DataTable
              caption="Imports"
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
                >
                  Newer
                </button>
                <button
                  type="button"
                  className={styles.small}
                  disabled={!imports.pageInfo.hasNextPage}
                  onClick={() => setCursors([...cursors, imports.pageInfo.endCursor ?? ""])}
                >
                  Older
                </button>
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
  const at = (instant: string) =>
    `${formatSpan({ start: instant, end: instant }, zone)}, ${formatClock(instant, zone)}`;
  const plain = { isSortable: false } as const;
  return [
    {
      ...plain,
      id: "files",
      header: "File",
      isName: true,
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
    { ...plain, id: "number", header: "No.", numeric: true, value: ({ number }) => String(number) },
    { ...plain, id: "at", header: "Published", value: ({ publishedAt }) => at(publishedAt) },
    { ...plain, id: "source", header: "Source", value: ({ source }) => source },
    {
      ...plain,
      id: "mode",
      header: "How",
      value: ({ mode, undoes, undoneBy }) =>
        undoes !== null
          ? `undo of ${undoes}`
          : `${MODES[mode]}${undoneBy === null ? "" : `, taken back by ${undoneBy}`}`,
    },
    {
      ...plain,
      id: "new",
      header: "Lines booked",
      numeric: true,
      value: ({ lines }) => formatInteger(lines.new + lines.changed + lines.again),
    },
    {
      ...plain,
      id: "back",
      header: "Taken back",
      numeric: true,
      value: ({ lines }) => formatInteger(lines.takenBack),
    },
    {
      ...plain,
      id: "rejected",
      header: "Rejected",
      numeric: true,
      value: ({ rowsRejected }) => (rowsRejected === null ? null : formatInteger(rowsRejected)),
      render: ({ rowsRejected, jobId, source, number }) =>
        rowsRejected !== null && rowsRejected > 0 && jobId !== null && canImport ? (
          <RejectsButton jobId={jobId} name={`${source}-${number}`} className={styles.small}>
            {`${formatInteger(rowsRejected)}: save`}
          </RejectsButton>
        ) : undefined,
    },
    {
      ...plain,
      id: "net",
      header: "Revenue in the file",
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
            header: "Undo",
            value: () => null,
            render: (run: Run) =>
              run.undoes === null ? (
                <button
                  type="button"
                  className={styles.small}
                  disabled={run.undoObstacle !== null}
                  title={run.undoObstacle ?? undefined}
                  aria-label={`Take back import ${run.number}`}
                  onClick={() => undo(run)}
                >
                  Take back
                </button>
              ) : undefined,
          },
        ]
      : []),
  ];
}
