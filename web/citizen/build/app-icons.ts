import { readFile } from "node:fs/promises";
import { Resvg } from "@resvg/resvg-js";
import type { Plugin } from "vite";

/** Icons that phones ask for as PNG, drawn from public/icon.svg at build time: no binary stands in the repository. */
const SIZES = { "icon-180.png": 180, "icon-192.png": 192, "icon-512.png": 512 };

function png(svg: string, width: number): Uint8Array {
  return new Resvg(svg, { fitTo: { mode: "width", value: width } }).render().asPng();
}

/** Adds the PNG icons to the output, one whose corners may be cut off (maskable), and the badge of notifications. */
export function appIcons(): Plugin {
  return {
    name: "hejnal-app-icons",
    apply: "build",
    async generateBundle() {
      const svg = await readFile(new URL("../public/icon.svg", import.meta.url), "utf8");
      for (const [fileName, width] of Object.entries(SIZES)) {
        this.emitFile({ type: "asset", fileName, source: png(svg, width) });
      }
      // The safe zone of a maskable icon is the middle 80 %: the square is widened, the tower stays as large as it was.
      const maskable = svg.replace('viewBox="0 0 64 64"', 'viewBox="-8 -8 80 80"').replace('width="64" height="64" rx="14"', 'x="-8" y="-8" width="80" height="80"');
      this.emitFile({ type: "asset", fileName: "icon-maskable-512.png", source: png(maskable, 512) });
      // Android paints a badge in one colour through its own opacity: the tower alone, without the square.
      const badge = svg.replace(/<rect[^>]*>/, "");
      this.emitFile({ type: "asset", fileName: "badge-96.png", source: png(badge, 96) });
    },
  };
}
