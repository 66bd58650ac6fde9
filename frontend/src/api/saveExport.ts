import { onHost } from "../lib/basePath.ts";
import { saveBlob } from "../lib/csv.ts";
import { LANGUAGE } from "../lib/locale.ts";
import { sessionToken } from "./auth.ts";

export type ListFormat = "csv" | "xlsx";
export type PageFormat = "pdf" | "xlsx";

/** Texts in pseudo-language are the page's alone. */
const FILE_LANGUAGE = LANGUAGE === "pseudo" ? "EN" : LANGUAGE.toUpperCase();

/**
 * Saves a list or a page as the server makes it: every row, exact. It rejects rather than save a
 * part.
 */
export async function saveExport(
  of: string,
  variables: object,
  format: ListFormat | PageFormat,
): Promise<void> {
  const token = sessionToken();
  const response = await fetch(onHost(`/exports/${of}.${format}`), {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      ...(token !== null && { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ ...variables, language: FILE_LANGUAGE }),
  });
  if (!response.ok) throw new Error(`The file was refused: ${response.status}.`);
  const name = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1];
  saveBlob(name ?? `${of}.${format}`, await response.blob());
}
