/** Icons on a 16 × 16 grid in the colour of the text; always with a label. */
import type { ReactNode } from "react";

interface IconProps {
  readonly children: ReactNode;
  /** Points along the line of text, so that it is mirrored where that runs from right to left. */
  readonly isMirrored?: boolean;
}

export function Icon({ children, isMirrored = false }: IconProps) {
  return (
    <svg
      data-mirrored={isMirrored || undefined}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export function CalendarIcon() {
  return (
    <Icon>
      <rect x="2" y="3" width="12" height="11" rx="2" />
      <path d="M2 6.5h12M5 1.5v3M11 1.5v3" />
    </Icon>
  );
}
export function CompareIcon() {
  return (
    <Icon>
      <path d="M2 11l3-4 3 2 5-6M2 14l3-2 3 1 5-3" />
    </Icon>
  );
}
const CHEVRONS = { down: "M4 6l4 4 4-4", left: "M10 4l-4 4 4 4", right: "M6 4l4 4-4 4" } as const;

export function ChevronIcon({
  direction = "down",
}: {
  readonly direction?: keyof typeof CHEVRONS;
}) {
  return (
    <Icon isMirrored={direction !== "down"}>
      <path d={CHEVRONS[direction]} />
    </Icon>
  );
}
export function CloseIcon() {
  return (
    <Icon>
      <path d="M4 4l8 8M12 4l-8 8" />
    </Icon>
  );
}
export function SearchIcon() {
  return (
    <Icon>
      <circle cx="7" cy="7" r="4.5" />
      <path d="M10.5 10.5L14 14" />
    </Icon>
  );
}
export function BookmarkIcon() {
  return (
    <Icon>
      <path d="M4 2.5h8v11L8 10.5l-4 3z" />
    </Icon>
  );
}
export function NoteIcon() {
  return (
    <Icon>
      <path d="M3 2.5h10v7.5H8L5 13V10H3zM5.5 5h5M5.5 7.5h3" />
    </Icon>
  );
}
export function PlusIcon() {
  return (
    <Icon>
      <path d="M8 3v10M3 8h10" />
    </Icon>
  );
}
export function FilterIcon() {
  return (
    <Icon>
      <path d="M2 3h12L9.5 8.5V13l-3-1.5v-3z" />
    </Icon>
  );
}
export function GlobeIcon() {
  return (
    <Icon>
      <circle cx="8" cy="8" r="6" />
      <path d="M2 8h12M8 2c4 4 4 8 0 12M8 2C4 6 4 10 8 14" />
    </Icon>
  );
}
export function TableIcon() {
  return (
    <Icon>
      <rect x="2" y="3" width="12" height="10" rx="1.5" />
      <path d="M2 6.5h12M6.5 6.5V13" />
    </Icon>
  );
}
export function ChartIcon() {
  return (
    <Icon>
      <path d="M2 2v12h12M5 10l3-3 2 2 4-5" />
    </Icon>
  );
}
export function DownloadIcon() {
  return (
    <Icon>
      <path d="M8 2v8M5 7.5L8 10.5l3-3M2.5 13.5h11" />
    </Icon>
  );
}
export function SheetIcon() {
  return (
    <Icon>
      <path d="M2.5 2.5h11v11h-11zM2.5 6.2h11M2.5 9.8h11M6.2 2.5v11" />
    </Icon>
  );
}
export function PrintIcon() {
  return (
    <Icon>
      <path d="M4.5 6V2.5h7V6M4.5 11.5h-2V6h11v5.5h-2M4.5 9.5h7v4h-7z" />
    </Icon>
  );
}
export function BookIcon() {
  return (
    <Icon>
      <path d="M8 4c-1.5-1-3.5-1.5-6-1.5v10C4.5 12.5 6.5 13 8 14c1.5-1 3.5-1.5 6-1.5v-10C11.5 2.5 9.5 3 8 4zM8 4v10" />
    </Icon>
  );
}
export function SunIcon() {
  return (
    <Icon>
      <circle cx="8" cy="8" r="3" />
      <path d="M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1" />
    </Icon>
  );
}
export function MoonIcon() {
  return (
    <Icon>
      <path d="M13.5 9.5A6 6 0 1 1 6.5 2.5a5 5 0 0 0 7 7z" />
    </Icon>
  );
}
export function SystemIcon() {
  return (
    <Icon>
      <rect x="2" y="2.5" width="12" height="8.5" rx="1.5" />
      <path d="M6 14h4M8 11v3" />
    </Icon>
  );
}
export function RetryIcon() {
  return (
    <Icon>
      <path d="M13 8a5 5 0 1 1-1.5-3.5M13 2v3h-3" />
    </Icon>
  );
}
export function UpIcon() {
  return (
    <Icon>
      <path d="M8 13V3M4 7l4-4 4 4" />
    </Icon>
  );
}
export function DownIcon() {
  return (
    <Icon>
      <path d="M8 3v10M4 9l4 4 4-4" />
    </Icon>
  );
}
export function KeyboardIcon() {
  return (
    <Icon>
      <rect x="1.5" y="4" width="13" height="8.5" rx="1.5" />
      <path d="M4 7h.01M7 7h.01M10 7h.01M12.5 7h.01M5 10h6" />
    </Icon>
  );
}
