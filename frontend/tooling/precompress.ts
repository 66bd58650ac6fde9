import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip, zstdCompress } from "node:zlib";
import type { Plugin } from "vite";

const COMPRESSIBLE = /\.(?:js|css|html|svg|json|ttf|txt)$/;
/** Below this size, compression saves less than its response headers cost. */
const WORTHWHILE_BYTES = 1024;

/**
 * Beyond this size, files get a faster compression: the API explorer's editor has megabytes that
 * few users load, and the best compression would take longer than the whole build.
 */
const LARGE_BYTES = 300_000;

const encoders: Record<string, (data: Buffer, large: boolean) => Promise<Buffer>> = {
  ".gz": (data, large) => promisify(gzip)(data, { level: large ? 6 : 9 }),
  ".br": (data, large) =>
    promisify(brotliCompress)(data, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: large ? 6 : 11,
        [constants.BROTLI_PARAM_SIZE_HINT]: data.length,
      },
    }),
  ".zst": (data, large) =>
    promisify(zstdCompress)(data, {
      params: { [constants.ZSTD_c_compressionLevel]: large ? 9 : 19 },
    }),
};

/** Writes `.gz`, `.br` and `.zst` files at build time, so that the server does not compress. */
export function precompress(): Plugin {
  let outDir = "";
  return {
    name: "shopx-precompress",
    apply: "build",
    configResolved(config) {
      outDir = join(config.root, config.build.outDir);
    },
    async closeBundle() {
      for (const entry of await readdir(outDir, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !COMPRESSIBLE.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const data = await readFile(path);
        if (data.length < WORTHWHILE_BYTES) continue;
        await Promise.all(
          Object.entries(encoders).map(async ([suffix, encode]) => {
            const encoded = await encode(data, data.length > LARGE_BYTES);
            if (encoded.length < data.length) await writeFile(path + suffix, encoded);
          }),
        );
      }
    },
  };
}
