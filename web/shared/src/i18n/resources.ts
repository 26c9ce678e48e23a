import type {} from "i18next";
import type shared from "./pl.json";

declare global {
  /** Message catalogues known to the type checker; each front end adds its own as `app`. */
  interface HejnalResources {
    shared: typeof shared;
  }
}

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "app";
    pluralSeparator: "\u0000";
    contextSeparator: "\u0000";
    resources: HejnalResources;
  }
}
