import { t } from "@lingui/core/macro";
import { setTheme, useTheme } from "../../state/theme.ts";
import { IconLabel } from "../../ui/IconLabel.tsx";
import { MoonIcon, SunIcon, SystemIcon } from "../../ui/icons.tsx";
import { SegmentedControl } from "../../ui/SegmentedControl.tsx";

const THEMES = [
  { value: "light", title: t`Light`, label: <IconLabel icon={<SunIcon />} text={t`Light`} /> },
  {
    value: "system",
    title: t`As the system`,
    label: <IconLabel icon={<SystemIcon />} text={t`As the system`} />,
  },
  { value: "dark", title: t`Dark`, label: <IconLabel icon={<MoonIcon />} text={t`Dark`} /> },
] as const;

export function ThemePicker() {
  return (
    <SegmentedControl
      name={t`Theme`}
      value={useTheme().theme}
      onChange={setTheme}
      options={THEMES}
    />
  );
}
