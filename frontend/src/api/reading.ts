/**
 * As of when the page reads. All operations of one page send the same token, so that their
 * numbers agree; the live interval moves it on for all of them at once. Whatever was answered as
 * of another moment meanwhile is asked again, so that a page that has come to rest shows one.
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
  #moment: string | null = null;
  readonly #now: () => number;
  readonly #panels = new Map<string, Reading>();
  readonly #asked = new Map<string, string | null>();
  readonly #underWay = new Set<{ readonly key: string }>();
  readonly #listeners = new Set<Listener>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The token that operations send; `null` when there is none, or none that is fresh enough. */
  get token(): string | null {
    return this.#now() - this.#takenAt < TOKEN_LIFETIME_MS ? this.#token : null;
  }

  /** Whether questions of the page are on their way. */
  get isBusy(): boolean {
    return this.#underWay.size > 0;
  }

  /** Whether an operation is on its way; until it completes, which is after its answer. */
  isUnderWay(key: string): boolean {
    return [...this.#underWay].some((question) => question.key === key);
  }

  /**
   * Whether the last answer to an operation is of another moment than the page, and asking again
   * would help: an operation is asked once a moment, whatever the server makes of it.
   */
  isBehind(key: string): boolean {
    if (this.#moment === null || this.#panels.get(key)?.snapshot === this.#moment) return false;
    return this.#asked.get(key) !== this.#moment;
  }

  /** Takes the token of an answer to a question that had none to send. */
  adopt(reading: Reading): void {
    if (this.token === null) this.moveTo(reading);
  }

  /** Moves the whole page on to a newer token. */
  moveTo(reading: Reading): void {
    this.#token = reading.snapshot;
    this.#moment = reading.snapshot;
    this.#takenAt = this.#now();
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

  /** An operation is being asked, at the page's present moment. */
  ask(key: string): void {
    this.#asked.set(key, this.#moment);
  }

  /** What an operation's answer says about itself. */
  note(key: string, reading: Reading): void {
    this.#panels.set(key, reading);
    this.#notify();
  }

  of(key: string): Reading | undefined {
    return this.#panels.get(key);
  }

  /** Counts a question of the page as under way, until the returned function is called. */
  begin(key: string): () => void {
    const question = { key };
    this.#underWay.add(question);
    this.#notify();
    return () => {
      this.#underWay.delete(question);
      this.#notify();
    };
  }

  subscribe = (listener: Listener): Listener => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** The page's one store. */
export const reading = new ReadingStore();

/** Whether an operation's answer is of another moment than the page. */
export function useIsBehind(key: string): boolean {
  return useSyncExternalStore(reading.subscribe, () => reading.isBehind(key));
}

/** Whether an operation of the page is on its way. */
export function useIsUnderWay(key: string): boolean {
  return useSyncExternalStore(reading.subscribe, () => reading.isUnderWay(key));
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
