import { t } from "@lingui/core/macro";
import { serverText } from "#i18n";
import type { CustomerSegment } from "../../gql/graphql.ts";

/** "CANNOT_LOSE_THEM" as "Cannot lose them". */
export function segmentTitle(segment: CustomerSegment): string {
  // Links and reports name segments by their ids, and this one's reads like the metric.
  if (segment === "NEW_CUSTOMERS") {
    return t({ id: "segment.NEW_CUSTOMERS", message: "Recent buyers" });
  }
  const words = segment.toLowerCase().replaceAll("_", " ");
  return serverText(`segment.${segment}`, words.charAt(0).toUpperCase() + words.slice(1));
}
