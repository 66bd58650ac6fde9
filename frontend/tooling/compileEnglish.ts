/**
 * Compiles the English messages where they stand in the code, so that English needs neither a
 * catalogue nor a parser of messages in the browser: "Page {0}" becomes ["Page ", ["0"]].
 */
import { compileMessageOrThrow } from "@lingui/message-utils/compileMessage";
import { type Plugin, parseSync, Visitor } from "vite";

/** What Lingui's transformation writes before each message. */
const MARK = /\/\*i18n\*\/\s*$/;

/** The code with each message compiled. */
export function compileMessages(code: string, file: string): string {
  const edits: { start: number; end: number; text: string }[] = [];
  new Visitor({
    ObjectExpression(node) {
      if (!MARK.test(code.slice(Math.max(0, node.start - 12), node.start))) return;
      for (const property of node.properties) {
        if (property.type !== "Property" || property.key.type !== "Identifier") continue;
        const { key, value } = property;
        if (key.name !== "message" || value.type !== "Literal") continue;
        const text = JSON.stringify(compileMessageOrThrow(String(value.value)));
        edits.push({ start: value.start, end: value.end, text });
      }
    },
  }).visit(parseSync(file, code, { lang: "tsx" }).program);
  return edits
    .toSorted((one, other) => other.start - one.start)
    .reduce((made, { start, end, text }) => made.slice(0, start) + text + made.slice(end), code);
}

export function compileEnglish(): Plugin {
  return {
    name: "compile-english",
    enforce: "pre",
    transform: {
      filter: { id: /\/src\/.*\.tsx?$/, code: "/*i18n*/" },
      handler: (code, id) => ({ code: compileMessages(code, id), map: null }),
    },
  };
}
