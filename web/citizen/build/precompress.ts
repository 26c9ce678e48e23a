import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const COMPRESSED = /\.(js|css|html|svg|webmanifest)$/;
/** Below this a packet is a packet. */
const SMALLEST_BYTES = 600;

async function compress(file: string): Promise<void> {
  const content = await readFile(file);
  if (content.length < SMALLEST_BYTES) return;
  const params = { [constants.BROTLI_PARAM_QUALITY]: 10, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  await Promise.all([
    promisify(gzip)(content, { level: 9 }).then((packed) => writeFile(`${file}.gz`, packed)),
    promisify(brotliCompress)(content, { params }).then((packed) => writeFile(`${file}.br`, packed)),
  ]);
}

/** Puts a gzip and a Brotli copy beside each text file: citizen-api hands them out as they are, and compresses nothing itself. */
export function precompress(): Plugin {
  let outDir = "dist";
  return {
    name: "hejnal-precompress",
    apply: "build",
    configResolved(config) {
      outDir = config.build.outDir;
    },
    // After the service worker, which another plugin's writeBundle builds.
    closeBundle: {
      order: "post",
      sequential: true,
      async handler() {
        const names = await readdir(outDir, { recursive: true });
        await Promise.all(names.filter((name) => COMPRESSED.test(name)).map((name) => compress(join(outDir, name))));
      },
    },
  };
}
