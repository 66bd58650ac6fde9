/**
 * Adds up the JavaScript that the overview needs before its first render, and fails beyond the
 * budget. Chunks that load on demand (Chart.js, the other pages, the API explorer) do not count.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const STATIC = join(import.meta.dirname, "../../api/shopx_api/static");
/** Limit of initial JavaScript, in gzipped bytes. */
const BUDGET = 150 * 1000;

export interface ManifestChunk {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly isEntry?: boolean;
}

export type Manifest = Readonly<Record<string, ManifestChunk>>;

/** The JavaScript files of an entry: its own and those of its static imports. */
export function initialFiles(manifest: Manifest, entry: string): readonly string[] {
  const seen = new Set<string>();
  const walk = (name: string) => {
    const chunk = manifest[name];
    if (chunk === undefined) throw new Error(`The build has no chunk ${name}.`);
    if (seen.has(chunk.file)) return;
    seen.add(chunk.file);
    for (const imported of chunk.imports ?? []) walk(imported);
  };
  walk(entry);
  return [...seen].filter((file) => file.endsWith(".js"));
}

function main(): void {
  const path = join(STATIC, "manifest.json");
  if (!existsSync(path)) throw new Error(`${path} does not exist: run \`npm run build\` first.`);
  const manifest = JSON.parse(readFileSync(path, "utf8")) as Manifest;
  let total = 0;
  for (const file of initialFiles(manifest, "index.html")) {
    const size = gzipSync(readFileSync(join(STATIC, file)), { level: 9 }).length;
    total += size;
    process.stdout.write(`${(size / 1000).toFixed(1).padStart(8)} kB  ${file}\n`);
  }
  const verdict = `${(total / 1000).toFixed(1)} kB of ${BUDGET / 1000} kB initial JavaScript (gzip)`;
  if (total > BUDGET) throw new Error(`Over budget: ${verdict}.`);
  process.stdout.write(`${verdict}\n`);
}

if (process.argv[1] === import.meta.filename) main();
