import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import { ViewLink } from "../shared/ViewLink.tsx";
import { GROUP } from "./customerGroup.ts";
import styles from "./GroupLink.module.css";

interface GroupLinkProps {
  /** The group as the address has it. */
  readonly group: string;
  readonly children: ReactNode;
}

/** A figure that opens the customers behind it. */
export function GroupLink({ group, children }: GroupLinkProps) {
  return (
    <ViewLink
      path="/customers"
      params={{ [GROUP]: group }}
      className={styles.link}
      title={t`Show these customers`}
    >
      {children}
    </ViewLink>
  );
}
