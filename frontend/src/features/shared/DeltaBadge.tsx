import { type FragmentType, unmask } from "../../gql/fragment-masking.ts";
import { type DeltaPartsFragment, DeltaPartsFragmentDoc } from "../../gql/graphql.ts";
import { formatChange, formatSigned, type NumberStyle } from "../../lib/numberFormat.ts";
import { DownIcon, UpIcon } from "../../ui/icons.tsx";
import styles from "./DeltaBadge.module.css";

interface DeltaBadgeProps {
  readonly delta: FragmentType<typeof DeltaPartsFragmentDoc> | null;
  readonly style: NumberStyle;
}

/** A change. The arrow shows its direction, the colour whether it is good. */
export function DeltaBadge({ delta: masked, style }: DeltaBadgeProps) {
  const delta = unmask(DeltaPartsFragmentDoc, masked);
  if (delta == null) return null;
  const changed = delta.status === "CHANGED";
  return (
    <span
      className={styles.badge}
      data-verdict={delta.verdict}
      title={delta.absolute === null ? undefined : formatSigned(delta.absolute, style)}
    >
      {changed && delta.direction === "UP" && <UpIcon />}
      {changed && delta.direction === "DOWN" && <DownIcon />}
      {deltaText(delta)}
    </span>
  );
}

/** The text of a change, without its arrow. */
function deltaText(delta: DeltaPartsFragment): string {
  switch (delta.status) {
    case "CHANGED":
      return delta.ratio === null ? "N/A" : formatChange(delta.ratio);
    case "NO_CHANGE":
      return "No change";
    case "NEW":
      return "New";
    case "NOT_APPLICABLE":
      return "N/A";
  }
}
