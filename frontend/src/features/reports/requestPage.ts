import { sessionToken } from "../../api/auth.ts";
import { onHost } from "../../lib/basePath.ts";
import { saveBlob } from "../../lib/csv.ts";
import type { ViewVariables } from "../shared/viewVariables.ts";

export type PageFormat = "pdf" | "xlsx";

/** Saves a page as the server makes it, over the range and the filters of the view. */
export async function savePage(
  page: string,
  format: PageFormat,
  variables: ViewVariables,
): Promise<void> {
  const token = sessionToken();
  const response = await fetch(onHost(`/exports/${page}.${format}`), {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      ...(token !== null && { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(variables),
  });
  if (!response.ok) throw new Error(`The file was refused: ${response.status}.`);
  const name = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1];
  saveBlob(name ?? `${page}.${format}`, await response.blob());
}
