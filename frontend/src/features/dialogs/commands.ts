/** Commands of the palette, and which of them a text finds: pure. */
import { type DateRange, isCalendarDate } from "../../state/view.ts";

export interface Command {
  readonly id: string;
  readonly group: string;
  readonly title: string;
  readonly detail?: string | null | undefined;
  /** The key that does the same. */
  readonly keys?: string | undefined;
  /** More words by which it is found. */
  readonly words?: string;
  readonly run: () => void;
}

/** The commands with every word of a text in their title, group or other words. */
export function matching(commands: readonly Command[], search: string): readonly Command[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return commands.filter(({ group, title, words: more = "" }) => {
    const text = `${group} ${title} ${more}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/**
 * The days that a text names: a year, a month or a day in ISO 8601, or two of them with ".." or "to"
 * between; `null` for other texts.
 */
export function daysOf(text: string): DateRange | null {
  const [first = "", last = first, ...rest] = text.trim().split(/\s*(?:\.\.|\bto\b)\s*/);
  const [from, to] = [boundsOf(first), boundsOf(last)];
  if (rest.length > 0 || from === null || to === null || from.from > to.to) return null;
  return { from: from.from, to: to.to };
}

function boundsOf(text: string): DateRange | null {
  if (isCalendarDate(text)) return { from: text, to: text };
  const match = /^(\d{4})(?:-(\d{2}))?$/.exec(text);
  if (match === null) return null;
  const [, year, month] = match;
  if (month === undefined) return { from: `${year}-01-01`, to: `${year}-12-31` };
  const from = `${year}-${month}-01`;
  if (!isCalendarDate(from)) return null;
  const last = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return { from, to: `${year}-${month}-${last}` };
}

/** The option that a key leads to; `null` for other keys. Arrow keys go round. */
export function nextOption(key: string, active: number, count: number): number | null {
  if (count === 0) return null;
  switch (key) {
    case "ArrowDown":
      return (active + 1) % count;
    case "ArrowUp":
      return (active - 1 + count) % count;
    case "PageDown":
      return Math.min(active + 8, count - 1);
    case "PageUp":
      return Math.max(active - 8, 0);
    default:
      return null;
  }
}
