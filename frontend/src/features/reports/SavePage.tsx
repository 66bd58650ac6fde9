import { useState } from "react";
import { useViewVariables } from "../shared/viewVariables.ts";
import { type PageFormat, savePage } from "./requestPage.ts";

/** Buttons that save a page as a file. */
export default function SavePage({ page }: { readonly page: string }) {
  return (
    <>
      <SaveButton page={page} format="pdf" text="Save this page as PDF" />
      <SaveButton page={page} format="xlsx" text="Save this page as workbook" />
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
      await savePage(page, format, variables);
      setState("ready");
    } catch {
      setState("failed");
    }
  }
  const notes = { ready: "", saving: " (being made)", failed: " (not saved, try again)" };
  return (
    <button type="button" disabled={state === "saving"} onClick={save}>
      {text}
      {notes[state]}
    </button>
  );
}
