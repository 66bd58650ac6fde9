import { t } from "@lingui/core/macro";
import type { Decimal } from "../../lib/decimal.ts";
import type { Column } from "../../ui/DataTable.tsx";
import { AttainmentMeter } from "./AttainmentMeter.tsx";

interface Row {
  readonly attainment: { readonly ratio: Decimal | null };
}

export const attainmentColumn: Column<Row> = {
  id: "attainment",
  header: t`Attainment`,
  title: t`Revenue divided by quota`,
  numeric: true,
  value: ({ attainment }) => attainment.ratio,
  render: ({ attainment }) => <AttainmentMeter ratio={attainment.ratio} />,
};
