/**
 * Sends a file in parts by the tus protocol 1.0. A part that fails is asked about and sent again,
 * so a broken connection or a restarted server costs no more than that part; a reloaded page
 * continues with the same file.
 */
import { t } from "@lingui/core/macro";
import { sessionToken } from "../../../api/auth.ts";
import { faultText } from "../../../api/faultWords.ts";
import { onHost } from "../../../lib/basePath.ts";

const FIRST_PART = 256 * 1024;
const LEAST_PART = 64 * 1024;
const MOST_PART = 2 * 1024 * 1024;
/** A part that takes less than this is followed by one of twice its size. */
const QUICK_MS = 1000;
const MOST_FAILURES = 8;
const FIRST_WAIT_MS = 500;

export interface UploadOptions {
  readonly onProgress: (sent: number) => void;
  readonly signal: AbortSignal;
  readonly fetch?: typeof fetch;
  readonly wait?: (ms: number) => Promise<void>;
}

/** A refusal that a repetition does not change, in the server's words. */
export class UploadRefused extends Error {}

/** Uploads a file; resolves to its id once the server has all of it. */
export async function uploadFile(file: File, options: UploadOptions): Promise<string> {
  const send = options.fetch ?? fetch;
  const wait = options.wait ?? ((ms) => new Promise((done) => setTimeout(done, ms)));
  const known = rememberedUpload(file);
  let address = known === null ? null : `/uploads/${known}`;
  let offset = 0;
  let size = FIRST_PART;
  let failures = 0;
  let isKnown = address === null;
  for (;;) {
    options.signal.throwIfAborted();
    try {
      if (address === null) {
        address = await create(send, file, options.signal);
        remember(file, idOf(address));
        offset = 0;
      } else if (!isKnown) {
        const arrived = await offsetOf(send, address, options.signal);
        if (arrived === null) {
          // It was removed meanwhile, or imported.
          forgetUpload(file);
          address = null;
          isKnown = true;
          continue;
        }
        offset = arrived;
      }
      isKnown = true;
      options.onProgress(offset);
      if (offset >= file.size) return idOf(address);
      const began = performance.now();
      const part = file.slice(offset, offset + size);
      offset = await append(send, address, offset, part, options.signal);
      failures = 0;
      if (performance.now() - began < QUICK_MS) size = Math.min(2 * size, MOST_PART);
      options.onProgress(offset);
    } catch (error) {
      if (options.signal.aborted || error instanceof UploadRefused) throw error;
      failures += 1;
      if (failures > MOST_FAILURES) throw error;
      size = Math.max(size / 2, LEAST_PART);
      isKnown = address === null;
      await wait(FIRST_WAIT_MS * 2 ** Math.min(failures - 1, 5));
    }
  }
}

/** Removes an upload that is not wanted any more; it would be removed some days later anyway. */
export function removeUpload(file: File, id: string): void {
  forgetUpload(file);
  fetch(onHost(`/uploads/${id}`), { method: "DELETE", headers: headers() }).catch(() => undefined);
}

export function forgetUpload(file: File): void {
  window.sessionStorage.removeItem(keyOf(file));
}

function keyOf(file: File): string {
  return `shopx.upload:${file.name}:${file.size}:${file.lastModified}`;
}

function rememberedUpload(file: File): string | null {
  return window.sessionStorage.getItem(keyOf(file));
}

function remember(file: File, id: string): void {
  window.sessionStorage.setItem(keyOf(file), id);
}

function idOf(address: string): string {
  return address.slice(address.lastIndexOf("/") + 1);
}

function headers(more: Record<string, string> = {}): Record<string, string> {
  const token = sessionToken();
  return {
    "Tus-Resumable": "1.0.0",
    ...(token !== null && { Authorization: `Bearer ${token}` }),
    ...more,
  };
}

async function create(send: typeof fetch, file: File, signal: AbortSignal): Promise<string> {
  const name = btoa(String.fromCharCode(...new TextEncoder().encode(file.name)));
  const response = await send(onHost("/uploads"), {
    method: "POST",
    headers: headers({
      "Upload-Length": String(file.size),
      "Upload-Metadata": `filename ${name}`,
    }),
    signal,
  });
  const location = response.headers.get("location");
  if (response.status !== 201 || location === null) throw await failure(response);
  return `/uploads/${idOf(location)}`;
}

async function offsetOf(
  send: typeof fetch,
  address: string,
  signal: AbortSignal,
): Promise<number | null> {
  const response = await send(onHost(address), { method: "HEAD", headers: headers(), signal });
  if (response.status === 404) return null;
  if (!response.ok) throw await failure(response);
  return offsetIn(response);
}

async function append(
  send: typeof fetch,
  address: string,
  offset: number,
  part: Blob,
  signal: AbortSignal,
): Promise<number> {
  const response = await send(onHost(address), {
    method: "PATCH",
    headers: headers({
      "Upload-Offset": String(offset),
      "Content-Type": "application/offset+octet-stream",
    }),
    body: part,
    signal,
  });
  if (response.status !== 204) throw await failure(response);
  return offsetIn(response);
}

function offsetIn(response: Response): number {
  const offset = Number(response.headers.get("upload-offset") ?? Number.NaN);
  if (!Number.isSafeInteger(offset)) throw new Error("The server did not say how far it is.");
  return offset;
}

/** Statuses after which the same request may succeed, or one that begins elsewhere. */
function mayRepeat(status: number): boolean {
  return status === 409 || status === 404 || status === 429 || (status >= 500 && status !== 507);
}

async function failure(response: Response): Promise<Error> {
  const text = await wordsOf(response);
  // A part that is too long for the server is sent again in smaller ones.
  const isTooLong = response.status === 413 && text === null;
  const words = text ?? t`The server answered with status ${response.status}.`;
  return isTooLong || mayRepeat(response.status) ? new Error(words) : new UploadRefused(words);
}

async function wordsOf(response: Response): Promise<string | null> {
  try {
    const { errors } = (await response.json()) as {
      errors: { message: string; extensions?: { code?: string; hint?: string; said?: unknown } }[];
    };
    const [first] = errors;
    if (first === undefined || first.extensions?.code === "TOO_LARGE") return null;
    const translation = faultText(first.extensions?.said);
    return translation ?? [first.message, first.extensions?.hint].filter(Boolean).join(" ");
  } catch {
    return null;
  }
}
