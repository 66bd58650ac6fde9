import { t } from "@lingui/core/macro";
import { useState } from "react";
import { type PageFormat, saveExport } from "../../api/saveExport.ts";
import { useViewVariables } from "../shared/viewVariables.ts";

/** Buttons that save a page as a file. */
export default function SavePage({ page }: { readonly page: string }) {
  return (
    <>
      <SaveButton page={page} format="pdf" text={t`Save this page as PDF`} />
      <SaveButton page={page} format="xlsx" text={t`Save this page as workbook`} />
    </>
  );
}

interface SaveButtonProps {
  readonly page: string;
  readonly format: PageFormat;
  readonly text: string;
}

function SaveButton({ page, format, text }: SaveButtonProps) {
  const variables = useViewVariables();
  const [state, setState] = useState<"ready" | "saving" | "failed">("ready");
  async function save() {
    setState("saving");
    try {
      await saveExport(page, variables, format);
      setState("ready");
    } catch {
      setState("failed");
    }
  }
  const notes = {
    ready: "",
    saving: ` (${t`being made`})`,
    failed: ` (${t`not saved, try again`})`,
  };
  return (
    <button type="button" disabled={state === "saving"} onClick={save}>
      {text}
      {notes[state]}
    </button>
  );
}
