/**
 * The snapshot that the page reads. All operations of a page send the same snapshot token, so that
 * their numbers agree; live updates move them all on together. A response of another snapshot is
 * requested again, so that a page at rest shows one snapshot.
 */
import type { DocumentNode } from "graphql";
import { useSyncExternalStore } from "react";
import type { Instant } from "../lib/dates.ts";
import { type LeftOut, parseLeftOut } from "./leftOut.ts";

/** What the API adds to each response under `extensions`. */
export interface ResponseExtensions {
  /** Opaque token: a request that sends it back reads the same snapshot. */
  readonly snapshot: string;
  readonly asOf: Instant;
  /** Where the figures come from: "ROLLUP", "BASE", "VIEW"; `null` where the API does not say. */
  readonly tier: string | null;
  /** What the figures leave out, for want of an exchange rate. */
  readonly leftOut: readonly LeftOut[];
}

/** The server forgets a token after two minutes; dropping it earlier avoids a failed request. */
export const TOKEN_LIFETIME_MS = 110_000;

type Unsubscribe = () => void;

export class SnapshotStore {
  #token: string | null = null;
  #receivedAt = 0;
  /** The page's snapshot, also after its token has expired. */
  #snapshot: string | null = null;
  readonly #now: () => number;
  readonly #responses = new Map<string, ResponseExtensions>();
  /** The page's snapshot at the last request of each operation. */
  readonly #requested = new Map<string, string | null>();
  readonly #inFlight = new Set<{ readonly key: string }>();
  readonly #listeners = new Set<() => void>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The token that operations send; `null` when there is none or it has expired. */
  get token(): string | null {
    return this.#now() - this.#receivedAt < TOKEN_LIFETIME_MS ? this.#token : null;
  }

  /** Whether any operation of the page is in flight. */
  get isLoading(): boolean {
    return this.#inFlight.size > 0;
  }

  /** Whether this operation is in flight: from its request until it completes. */
  isInFlight(key: string): boolean {
    return [...this.#inFlight].some((request) => request.key === key);
  }

  /**
   * Whether the last response to an operation is of another snapshot than the page's and a new
   * request can help. Each operation is requested once per snapshot, whatever the server answers.
   */
  isOutdated(key: string): boolean {
    if (this.#snapshot === null || this.#responses.get(key)?.snapshot === this.#snapshot) {
      return false;
    }
    return this.#requested.get(key) !== this.#snapshot;
  }

  /** Takes the snapshot of a response, unless the page has a valid token. */
  adopt(extensions: ResponseExtensions): void {
    if (this.token === null) this.moveTo(extensions);
  }

  /** Moves the whole page to a newer snapshot. */
  moveTo({ snapshot }: ResponseExtensions): void {
    this.#token = snapshot;
    this.#snapshot = snapshot;
    this.#receivedAt = this.#now();
    this.#notify();
  }

  /** Drops the token: the next response brings a new one. */
  release(): void {
    this.#token = null;
  }

  /** Drops a token that the server no longer knows, unless the page has moved on already. */
  invalidate(token: string): void {
    if (this.#token === token) this.#token = null;
  }

  /** Records that an operation is requested at the page's present snapshot. */
  recordRequest(key: string): void {
    this.#requested.set(key, this.#snapshot);
  }

  /** Records the extensions of an operation's response. */
  recordResponse(key: string, extensions: ResponseExtensions): void {
    this.#responses.set(key, extensions);
    this.#notify();
  }

  /** The extensions of the last response to an operation. */
  extensionsOf(key: string): ResponseExtensions | undefined {
    return this.#responses.get(key);
  }

  /** Counts an operation as in flight until the returned function is called. */
  begin(key: string): () => void {
    const request = { key };
    this.#inFlight.add(request);
    this.#notify();
    return () => {
      this.#inFlight.delete(request);
      this.#notify();
    };
  }

  subscribe = (listener: () => void): Unsubscribe => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** The page's one store. */
export const snapshotStore = new SnapshotStore();

/** Whether an operation should be requested again: see `SnapshotStore.isOutdated`. */
export function useIsOutdated(key: string): boolean {
  return useSyncExternalStore(snapshotStore.subscribe, () => snapshotStore.isOutdated(key));
}

/** Whether an operation of the page is in flight. */
export function useIsInFlight(key: string): boolean {
  return useSyncExternalStore(snapshotStore.subscribe, () => snapshotStore.isInFlight(key));
}

/** The extensions of the last response to an operation. */
export function useResponseExtensions(key: string): ResponseExtensions | undefined {
  return useSyncExternalStore(snapshotStore.subscribe, () => snapshotStore.extensionsOf(key));
}

/** The name of a document's only operation. */
export function operationName(document: DocumentNode): string {
  for (const definition of document.definitions) {
    if (definition.kind === "OperationDefinition") return definition.name?.value ?? "";
  }
  return "";
}

/** Identifies an operation with its variables. */
export function operationKey(name: string, variables: unknown): string {
  return `${name}:${JSON.stringify(variables)}`;
}

/** Checks the extensions of a response; `null` where a snapshot is missing. See `parseLeftOut`. */
export function parseExtensions(extensions: unknown): ResponseExtensions | null {
  if (typeof extensions !== "object" || extensions === null) return null;
  const { asOf, snapshot, tier, leftOut } = extensions as Record<string, unknown>;
  if (typeof asOf !== "string" || typeof snapshot !== "string") return null;
  return {
    asOf,
    snapshot,
    tier: typeof tier === "string" ? tier : null,
    leftOut: parseLeftOut(leftOut),
  };
}
