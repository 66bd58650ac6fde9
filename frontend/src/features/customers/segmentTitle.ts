import type { CustomerSegment } from "../../gql/graphql.ts";

/** "CANNOT_LOSE_THEM" as people write it. */
export function segmentTitle(segment: CustomerSegment): string {
  const words = segment.toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
