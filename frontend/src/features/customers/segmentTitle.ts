import { t } from "@lingui/core/macro";
import type { CustomerSegment } from "../../gql/graphql.ts";

const TITLES: Partial<Readonly<Record<string, string>>> = {
  CHAMPIONS: t`Champions`,
  LOYAL: t`Loyal`,
  POTENTIAL_LOYALISTS: t`Potential loyalists`,
  NEW_CUSTOMERS: t`New customers`,
  PROMISING: t`Promising`,
  NEED_ATTENTION: t`Need attention`,
  ABOUT_TO_SLEEP: t`About to sleep`,
  AT_RISK: t`At risk`,
  CANNOT_LOSE_THEM: t`Cannot lose them`,
  HIBERNATING: t`Hibernating`,
  LOST: t`Lost`,
};

/** "CANNOT_LOSE_THEM" as "Cannot lose them". */
export function segmentTitle(segment: CustomerSegment): string {
  const words = segment.toLowerCase().replaceAll("_", " ");
  return TITLES[segment] ?? words.charAt(0).toUpperCase() + words.slice(1);
}
