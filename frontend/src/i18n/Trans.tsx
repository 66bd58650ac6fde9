import { TransNoContext, type TransProps } from "@lingui/react/server";
import { i18n } from "./i18n.ts";

/** A text with elements in it: the macro of the same name becomes this. */
export function Trans(props: TransProps) {
  return <TransNoContext {...props} lingui={{ i18n }} />;
}
