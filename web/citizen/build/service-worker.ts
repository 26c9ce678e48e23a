import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "vite";

const ENTRY = fileURLToPath(new URL("../src/sw/service-worker.ts", import.meta.url));

/** What the app needs to open without a connection: code and styles, Polish letters; not the map (it needs its tiles anyway). */
function belongsToShell(fileName: string): boolean {
  if (/maplibre|TownMap|PinPicker|(^|\/)map-/.test(fileName)) return false;
  if (fileName.endsWith(".woff2")) return fileName.includes("latin");
  return /\.(js|css)$/.test(fileName) || fileName === "manifest.webmanifest" || fileName === "icon.svg";
}

/** Bundles the service worker into one classic script, /sw.js, with the list of files that make up the offline shell. */
export function serviceWorker(): Plugin {
  let outDir = "dist";
  return {
    name: "hejnal-service-worker",
    apply: "build",
    configResolved(config) {
      outDir = config.build.outDir;
    },
    async writeBundle(_options, bundle) {
      const shell = ["/", ...Object.keys(bundle).filter(belongsToShell).sort().map((name) => `/${name}`)];
      const index = bundle["index.html"];
      const version = createHash("sha256")
        .update(JSON.stringify(shell))
        .update(index?.type === "asset" ? index.source : "")
        .digest("hex")
        .slice(0, 12);
      await build({
        configFile: false,
        logLevel: "warn",
        publicDir: false,
        define: { __SHELL__: JSON.stringify(shell), __VERSION__: JSON.stringify(version) },
        build: {
          outDir,
          emptyOutDir: false,
          target: "es2022",
          sourcemap: false,
          rolldownOptions: { input: ENTRY, output: { format: "iife", entryFileNames: "sw.js" } },
        },
      });
    },
  };
}
