import { defineConfig, mergeConfig } from "vite";
import { baseConfig } from "../tooling/vite-base.ts";
import { appIcons } from "./build/app-icons.ts";
import { precompress } from "./build/precompress.ts";
import { scriptBudget } from "./build/script-budget.ts";
import { serviceWorker } from "./build/service-worker.ts";

export default defineConfig(mergeConfig(baseConfig("citizen"), { plugins: [appIcons(), scriptBudget(), serviceWorker(), precompress()] }));
