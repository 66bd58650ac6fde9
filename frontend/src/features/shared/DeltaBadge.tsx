import { t } from "@lingui/core/macro";
import { type FragmentType, unmask } from "../../gql/fragment-masking.ts";
import { type DeltaPartsFragment, DeltaPartsFragmentDoc } from "../../gql/graphql.ts";
import { formatCalendarDate } from "../../lib/dates.ts";
import {
  formatChange,
  formatPoints,
  formatSigned,
  isTiny,
  type NumberStyle,
} from "../../lib/numberFormat.ts";
import { DownIcon, UpIcon } from "../../ui/icons.tsx";
import styles from "./DeltaBadge.module.css";
import { useSalesBegan } from "./useCalendar.ts";

interface DeltaBadgeProps {
  readonly delta: FragmentType<typeof DeltaPartsFragmentDoc> | null;
  readonly style: NumberStyle;
  /** Whether the change is against the view's comparison, which may begin before the sales. */
  readonly isOfView?: boolean;
}

/** A change. The arrow shows its direction, the colour whether it is good. */
export function DeltaBadge({ delta: masked, style, isOfView = true }: DeltaBadgeProps) {
  const salesBegan = useSalesBegan();
  const delta = unmask(DeltaPartsFragmentDoc, masked);
  if (delta == null) return null;
  if (isOfView && salesBegan !== null && delta.status !== "NO_CHANGE") {
    return (
      <span
        className={styles.badge}
        data-verdict="NEUTRAL"
        title={t`The compared period is incomplete: sales begin on ${formatCalendarDate(salesBegan)}`}
      >
        {t`N/A`}
      </span>
    );
  }
  const changed = delta.status === "CHANGED";
  return (
    <span
      className={styles.badge}
      data-verdict={changed && delta.ratio && isTiny(delta.ratio) ? "NEUTRAL" : delta.verdict}
      title={delta.absolute === null ? undefined : formatSigned(delta.absolute, style)}
    >
      {changed && delta.direction === "UP" && <UpIcon />}
      {changed && delta.direction === "DOWN" && <DownIcon />}
      {deltaText(delta, style)}
    </span>
  );
}

/** The text of a change, without its arrow. */
function deltaText(delta: DeltaPartsFragment, style: NumberStyle): string {
  // A percentage of a percentage reads as percentage points, so ratios have those.
  if (style.unit === "ratio" && delta.absolute !== null && delta.status !== "NO_CHANGE") {
    return formatPoints(delta.absolute);
  }
  switch (delta.status) {
    case "CHANGED":
      return delta.ratio === null ? t`N/A` : formatChange(delta.ratio);
    case "NO_CHANGE":
      return t`No change`;
    case "NEW":
      return t`New`;
    case "NOT_APPLICABLE":
      return t`N/A`;
  }
}
