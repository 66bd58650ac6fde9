import { setTheme, useTheme } from "../../state/theme.ts";
import { IconLabel } from "../../ui/IconLabel.tsx";
import { MoonIcon, SunIcon, SystemIcon } from "../../ui/icons.tsx";
import { SegmentedControl } from "../../ui/SegmentedControl.tsx";

const THEMES = [
  { value: "light", title: "Light", label: <IconLabel icon={<SunIcon />} text="Light" /> },
  {
    value: "system",
    title: "As the system",
    label: <IconLabel icon={<SystemIcon />} text="As the system" />,
  },
  { value: "dark", title: "Dark", label: <IconLabel icon={<MoonIcon />} text="Dark" /> },
] as const;

export function ThemePicker() {
  return (
    <SegmentedControl name="Theme" value={useTheme().theme} onChange={setTheme} options={THEMES} />
  );
}
