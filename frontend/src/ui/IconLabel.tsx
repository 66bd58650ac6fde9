import type { ReactNode } from "react";

interface IconLabelProps {
  readonly icon: ReactNode;
  readonly text: string;
}

/** An icon with its name for screen readers. */
export function IconLabel({ icon, text }: IconLabelProps) {
  return (
    <>
      {icon}
      <span className="visually-hidden">{text}</span>
    </>
  );
}
