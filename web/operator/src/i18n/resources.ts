import type app from "./pl.json";

declare global {
  interface HejnalResources {
    app: typeof app;
  }
}
