import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import { useOverflow } from "./useOverflow.ts";

interface ScrollerProps {
  /** The accessible name of what scrolls. */
  readonly name: string;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

/** What may scroll sideways; then keys reach it. */
export function Scroller({ name, className, children }: ScrollerProps) {
  const [ref, overflows] = useOverflow();
  return (
    <div
      ref={ref}
      className={className}
      {...(overflows && { role: "group", "aria-label": t`${name}, scrolls`, tabIndex: 0 })}
    >
      {children}
    </div>
  );
}
