import react from "@vitejs/plugin-react";
import type { UserConfig } from "vite";

/** Where the services of `make run` answer; `npm run dev` passes the API through. */
const DEFAULT_API = { citizen: "http://localhost:8080", operator: "http://localhost:8081" } as const;

/**
 * Vite settings both front ends share. The output keeps to a strict content security policy:
 * no inline script, no data: addresses, every file from the site's own origin.
 */
export function baseConfig(app: keyof typeof DEFAULT_API, proxied: readonly string[] = ["/api", "/map"]): UserConfig {
  const target = process.env.HEJNAL_DEV_API ?? DEFAULT_API[app];
  return {
    plugins: [react()],
    server: {
      host: "127.0.0.1",
      proxy: Object.fromEntries(proxied.map((path) => [path, { target, changeOrigin: true }])),
    },
    build: {
      target: "es2022",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      sourcemap: true,
      reportCompressedSize: true,
      chunkSizeWarningLimit: 1200,
    },
  };
}
