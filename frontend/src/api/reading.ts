/**
 * As of when the page reads. All operations of one page send the same token, so that their
 * numbers agree; the live interval moves it on for all of them at once.
 */
import type { DocumentNode } from "graphql";
import { useSyncExternalStore } from "react";
import type { Instant } from "../lib/dates.ts";

/** What an answer says about itself. */
export interface Reading {
  /** Opaque token: sent back, it makes the server read as of the same moment. */
  readonly snapshot: string;
  readonly asOf: Instant;
  /** Where the figures come from: "ROLLUP", "BASE", "VIEW"; `null` where the API says nothing. */
  readonly tier: string | null;
}

/**
 * The server forgets a token after two minutes; giving it up a little earlier spares the reader an
 * answer that says so.
 */
export const TOKEN_LIFETIME_MS = 110_000;

type Listener = () => void;

export class ReadingStore {
  #token: string | null = null;
  #takenAt = 0;
  #turn = 0;
  readonly #now: () => number;
  readonly #panels = new Map<string, Reading>();
  readonly #listeners = new Set<Listener>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The token that operations send; `null` when there is none, or none that is fresh enough. */
  get token(): string | null {
    return this.#now() - this.#takenAt < TOKEN_LIFETIME_MS ? this.#token : null;
  }

  /** Counts the moves: panels that have an older turn's answer read again. */
  get turn(): number {
    return this.#turn;
  }

  /** Takes the token of the first answer of a page; later ones change nothing. */
  adopt(reading: Reading): void {
    if (this.token === null) this.#set(reading.snapshot);
  }

  /** Moves the whole page on to a newer token. */
  moveTo(reading: Reading): void {
    this.#set(reading.snapshot);
    this.#turn += 1;
    this.#notify();
  }

  /** Lets the next operation bring a new token: the page is about something else now. */
  release(): void {
    this.#token = null;
  }

  /** Gives the token up, because the server no longer knows it. */
  forget(token: string): void {
    if (this.#token === token) this.#token = null;
  }

  note(key: string, reading: Reading): void {
    this.#panels.set(key, reading);
    this.#notify();
  }

  of(key: string): Reading | undefined {
    return this.#panels.get(key);
  }

  subscribe = (listener: Listener): Listener => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #set(snapshot: string): void {
    this.#token = snapshot;
    this.#takenAt = this.#now();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** The page's one store. */
export const reading = new ReadingStore();

export function useTurn(): number {
  return useSyncExternalStore(reading.subscribe, () => reading.turn);
}

/** What the last answer to this operation said about itself. */
export function useReadingOf(key: string): Reading | undefined {
  return useSyncExternalStore(reading.subscribe, () => reading.of(key));
}

/** The name of a document's only operation. */
export function operationName(document: DocumentNode): string {
  for (const definition of document.definitions) {
    if (definition.kind === "OperationDefinition") return definition.name?.value ?? "";
  }
  return "";
}

/** Names an operation with its variables. */
export function operationKey(name: string, variables: unknown): string {
  return `${name}:${JSON.stringify(variables)}`;
}

/** Reads what the API adds to each answer; `null` where an answer lacks it. */
export function readingFrom(extensions: unknown): Reading | null {
  if (typeof extensions !== "object" || extensions === null) return null;
  const { asOf, snapshot, tier } = extensions as Record<string, unknown>;
  if (typeof asOf !== "string" || typeof snapshot !== "string") return null;
  return { asOf, snapshot, tier: typeof tier === "string" ? tier : null };
}
