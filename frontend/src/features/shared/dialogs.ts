import { createContext, useContext } from "react";

/** Dialogs of the shell; each loads when it opens first. */
export type DialogName = "commands" | "keys" | "views" | "annotations";

/** Opens a dialog of the shell. */
export const OpenDialogContext = createContext<(name: DialogName) => void>(() => undefined);

export function useOpenDialog(): (name: DialogName) => void {
  return useContext(OpenDialogContext);
}
