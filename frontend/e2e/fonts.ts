/** Fonts that are the same on every machine: those that the PDF files use. */
import { globSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");
const FOLDER = join(ROOT, "frontend/node_modules/.cache/shopx-fonts");

/** A configuration of fontconfig with one family, drawn without regard to the screen; its path. */
export function roboto(): string {
  const venv = process.env.SHOPX_BIN ? join(process.env.SHOPX_BIN, "..") : join(ROOT, ".venv");
  const [fonts] = globSync(join(venv, "lib/python*/site-packages/font_roboto/files"));
  mkdirSync(FOLDER, { recursive: true });
  const path = join(FOLDER, "fonts.conf");
  const settings = [
    ["antialias", "<bool>true</bool>"],
    ["hinting", "<bool>false</bool>"],
    ["hintstyle", "<const>hintnone</const>"],
    ["rgba", "<const>none</const>"],
  ].map(([name, value]) => `<edit name="${name}" mode="assign">${value}</edit>`);
  writeFileSync(
    path,
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
<dir>${fonts ?? ""}</dir>
<cachedir>${FOLDER}</cachedir>
<match target="font">${settings.join("")}</match>
</fontconfig>
`,
  );
  return path;
}
