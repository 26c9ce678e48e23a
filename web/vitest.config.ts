import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** One project per package, so that `npx vitest run --project citizen` runs only its own. */
export default defineConfig({
  test: {
    projects: ["shared", "citizen", "operator"].map((name) => ({
      plugins: [react()],
      root: new URL(name, import.meta.url).pathname,
      test: {
        name,
        environment: "jsdom",
        environmentOptions: { jsdom: { url: "http://localhost:8080/" } },
        include: ["src/**/*.test.{ts,tsx}"],
        setupFiles: [new URL("tooling/vitest-setup.ts", import.meta.url).pathname],
        restoreMocks: true,
        testTimeout: 60_000, // a busy machine is slow; nothing here waits for time to pass
        css: false,
      },
    })),
    passWithNoTests: true,
    maxWorkers: 2,
  },
});
