import { expect, it } from "vitest";
import { compileMessages } from "./compileEnglish.ts";

it("compiles messages that Lingui marked, and leaves other objects", () => {
  const code = `const a = i18n._(/*i18n*/ {
    id: "x1",
    message: 'Page {0} of "all"'
});
const b = <Trans {.../*i18n*/ {
    id: "x2",
    values: { n: n },
    message: "{n, plural, one {# row} other {# rows}}"
}}/>;
const c = { message: "Page {0}" };`;
  const compiled = compileMessages(code, "x.tsx");
  expect(compiled).toContain('message: ["Page ",["0"]," of \\"all\\""]');
  expect(compiled).toContain('["n","plural",{"one":["#"," row"],"other":["#"," rows"]}]');
  expect(compiled).toContain('const c = { message: "Page {0}" };');
});
