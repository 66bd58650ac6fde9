import type { DialogName } from "../shared/dialogs.ts";
import { AnnotationsDialog } from "./AnnotationsDialog.tsx";
import { CommandPalette } from "./CommandPalette.tsx";
import { KeysDialog } from "./KeysDialog.tsx";
import { ViewsDialog } from "./ViewsDialog.tsx";

export interface DialogContentProps {
  readonly onClose: () => void;
  /** Opens another dialog in place of this one. */
  readonly onOpen: (name: DialogName) => void;
}

const DIALOGS = {
  commands: CommandPalette,
  keys: KeysDialog,
  views: ViewsDialog,
  annotations: AnnotationsDialog,
} as const;

/** The dialog that is open. */
export default function Dialogs({ name, ...props }: DialogContentProps & { name: DialogName }) {
  const Content = DIALOGS[name];
  return <Content key={name} {...props} />;
}
