import { useQuery } from "@apollo/client/react";
import type { SnapshotContext } from "../../api/snapshotLink.ts";
import { AnnotationsDocument, type AnnotationsQuery } from "../../gql/graphql.ts";
import { todayIn } from "../../lib/dates.ts";
import { rangeTitle } from "../../state/titles.ts";

type Annotation = AnnotationsQuery["annotations"][number];

/** They belong to no snapshot of the sales. */
const CONTEXT: SnapshotContext = { onFresh: () => undefined };
const NONE: readonly Annotation[] = [];

/** What users noted of days; none until it is known, and where it cannot be read. */
export function useAnnotations(): readonly Annotation[] {
  const { data } = useQuery(AnnotationsDocument, { context: CONTEXT });
  return data?.annotations ?? NONE;
}

/**
 * The annotations of each bucket: each at the first one that it touches.
 *
 * @param edges - When each bucket begins, and when the last one ends.
 */
export function marksOf(
  annotations: readonly Annotation[],
  edges: readonly string[],
  zone: string,
): readonly (string | null)[] {
  const days = edges.slice(0, -1).map((start, index) => ({
    first: todayIn(zone, new Date(start)),
    last: todayIn(zone, new Date(Date.parse(edges[index + 1] ?? start) - 1)),
  }));
  const marks: string[][] = days.map(() => []);
  for (const { from, to, text } of annotations) {
    const touched = days.findIndex(({ first, last }) => from <= last && first <= to);
    marks[touched]?.push(`${rangeTitle({ from, to })}: ${text}`);
  }
  return marks.map((texts) => (texts.length === 0 ? null : texts.join("; ")));
}
