import { t } from "@lingui/core/macro";
import { IconLabel } from "../../ui/IconLabel.tsx";
import { ChartIcon, TableIcon } from "../../ui/icons.tsx";
import { SegmentedControl } from "../../ui/SegmentedControl.tsx";

interface TableToggleProps {
  readonly asTable: boolean;
  readonly onChange: (asTable: boolean) => void;
}

/** Switches between a chart and its table. */
export function TableToggle({ asTable, onChange }: TableToggleProps) {
  return (
    <SegmentedControl
      name={t`Show as`}
      value={asTable ? "table" : "chart"}
      onChange={(value) => onChange(value === "table")}
      options={[
        {
          value: "chart",
          title: t`Show the chart`,
          label: <IconLabel icon={<ChartIcon />} text={t`Chart`} />,
        },
        {
          value: "table",
          title: t`Show the numbers`,
          label: <IconLabel icon={<TableIcon />} text={t`Table`} />,
        },
      ]}
    />
  );
}
