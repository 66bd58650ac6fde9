import { useQuery } from "@apollo/client/react";
import type { SnapshotContext } from "../../api/snapshotLink.ts";
import { SavedViewsDocument } from "../../gql/graphql.ts";

/** Of operations that belong to no snapshot of the sales. */
export const NO_SNAPSHOT: SnapshotContext = { onFresh: () => undefined };

/** The saved views that the caller sees, and what the caller may keep. */
export function useSavedViews() {
  const { data, error, refetch } = useQuery(SavedViewsDocument, {
    context: NO_SNAPSHOT,
    fetchPolicy: "cache-and-network",
  });
  const viewer = data?.viewer;
  const canKeep = viewer !== undefined && !viewer.isAnonymous;
  return {
    views: data?.savedViews ?? [],
    isLoading: data === undefined && error === undefined,
    error,
    refetch,
    /** Whether the caller has a name, under which something can be kept. */
    canKeep,
    /** Whether the caller may keep what everybody sees: users may, tokens with the right to write. */
    canShare: canKeep && (viewer.authMode === "PROXY" || viewer.scopes.includes("INGEST")),
  };
}
