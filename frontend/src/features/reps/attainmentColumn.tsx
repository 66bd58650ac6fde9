import { t } from "@lingui/core/macro";
import { type Decimal, toNumber } from "../../lib/decimal.ts";
import type { Column } from "../../ui/DataTable.tsx";
import { BulletBar, bulletScale } from "./BulletBar.tsx";

interface Row {
  readonly attainment: { readonly ratio: Decimal | null };
}

/** Bullet charts of one scale. */
export function attainmentColumn(rows: readonly Row[]): Column<Row> {
  const ratioOf = ({ attainment: { ratio } }: Row) => (ratio === null ? null : toNumber(ratio));
  const scale = bulletScale(rows.map(ratioOf));
  return {
    id: "attainment",
    header: t`Attainment`,
    definition: t`Revenue divided by quota; the line is the quota`,
    numeric: true,
    value: ({ attainment }) => attainment.ratio,
    render: (row) => <BulletBar attained={ratioOf(row)} scale={scale} />,
  };
}
