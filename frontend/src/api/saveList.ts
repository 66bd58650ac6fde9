import { onHost } from "../lib/basePath.ts";
import { saveBlob } from "../lib/csv.ts";
import { sessionToken } from "./auth.ts";

export type ListFormat = "csv" | "xlsx";

/** Saves a list as the server streams it: every row, exact. It rejects rather than save a part. */
export async function saveList(variables: object, format: ListFormat): Promise<void> {
  const token = sessionToken();
  const response = await fetch(onHost(`/exports/sales.${format}`), {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      ...(token !== null && { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(variables),
  });
  if (!response.ok) throw new Error(`The file was refused: ${response.status}.`);
  const name = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1];
  saveBlob(name ?? `sales.${format}`, await response.blob());
}
