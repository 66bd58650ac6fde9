import { serverText } from "#i18n";
import type { CustomerSegment } from "../../gql/graphql.ts";

/** "CANNOT_LOSE_THEM" as "Cannot lose them". */
export function segmentTitle(segment: CustomerSegment): string {
  const words = segment.toLowerCase().replaceAll("_", " ");
  return serverText(`segment.${segment}`, words.charAt(0).toUpperCase() + words.slice(1));
}
