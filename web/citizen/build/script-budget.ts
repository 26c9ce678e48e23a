import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Most script before the first screen, compressed: what a slow phone on 3G can bear. The map comes later and does not count. */
const LIMIT_BYTES = 150_000;

/** Fails the build when the first screen would load more script than agreed. Counts static imports and one language. */
export function scriptBudget(): Plugin {
  return {
    name: "hejnal-script-budget",
    apply: "build",
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((part) => part.type === "chunk");
      const needed = new Set<string>();
      const need = (fileName: string): void => {
        if (needed.has(fileName)) return;
        needed.add(fileName);
        const chunk = chunks.find((candidate) => candidate.fileName === fileName);
        for (const imported of chunk?.imports ?? []) need(imported);
      };
      for (const chunk of chunks) {
        if (chunk.isEntry || chunk.facadeModuleId?.endsWith("/i18n/pl.json")) need(chunk.fileName);
      }
      let bytes = 0;
      for (const chunk of chunks) if (needed.has(chunk.fileName)) bytes += gzipSync(chunk.code).length;
      const told = `first screen: ${Math.round(bytes / 1000)} kB of script compressed, ${needed.size} files (limit ${LIMIT_BYTES / 1000} kB)`;
      if (bytes > LIMIT_BYTES) this.error(told);
      this.info(told);
    },
  };
}
