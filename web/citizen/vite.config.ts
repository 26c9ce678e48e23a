import { defineConfig } from "vite";
import { baseConfig } from "../tooling/vite-base.ts";

export default defineConfig(baseConfig("citizen"));
