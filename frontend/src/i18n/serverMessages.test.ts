import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { SERVER_MESSAGES } from "./serverMessages.ts";

const SCHEMA = join(import.meta.dirname, "../../../api/shopx_api/schema.graphql");

it.each(["en", "de", "ar", "ja"])("no segment is called what a metric is, in %s", (language) => {
  const file = join(import.meta.dirname, `locales/${language}.po`);
  const entries = [...readFileSync(file, "utf8").matchAll(/^msgid "(.+)"\nmsgstr "(.+)"$/gm)];
  const titles = (pattern: RegExp) =>
    entries.filter(([, id = ""]) => pattern.test(id)).map(([, , title]) => title);
  const segments = titles(/^segment\.[A-Z_]+$/);
  const metrics = new Set(titles(/^metric\.[A-Z_]+\.title$/));
  expect(segments.length).toBe(11);
  expect(metrics.size).toBeGreaterThan(15);
  expect(segments.filter((title) => metrics.has(title))).toEqual([]);
});

it("the metrics' texts are those of the schema, which the catalogues translate", () => {
  const schema = readFileSync(SCHEMA, "utf8");
  const [, members = ""] = /enum MetricId \{\n([\s\S]*?)\n\}/.exec(schema) ?? [];
  const defined = [...members.matchAll(/"""([\s\S]*?)"""\s+([A-Z_]+)/g)].map(
    ([, text = "", id]) => [`metric.${id}.definition`, text.trim()],
  );
  expect(defined.length).toBeGreaterThan(15);
  const ours = SERVER_MESSAGES.filter(({ id }) => id.endsWith(".definition"));
  expect(
    // Messages in the code are compiled: a list of their parts.
    ours.map(({ id, message }) => [id, [message].flat().join("")]),
  ).toEqual(defined);
});
