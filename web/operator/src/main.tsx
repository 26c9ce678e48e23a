import "@hejnal/shared/fonts.css";
import "@hejnal/shared/tokens.css";
import "@hejnal/shared/components.css";
import "./styles/console.css";
import "./styles/controls.css";
import "./styles/forms.css";
import "./styles/pages.css";
import { startI18n, suppressInlineStyles } from "@hejnal/shared";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App, createQueryClient } from "./app.tsx";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html lacks #root");

suppressInlineStyles();
await startI18n({
  pl: () => import("./i18n/pl.json"),
  en: () => import("./i18n/en.json"),
  uk: () => import("./i18n/uk.json"),
});
createRoot(root).render(
  <StrictMode>
    <App queryClient={createQueryClient()} />
  </StrictMode>,
);
