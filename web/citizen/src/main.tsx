import "@hejnal/shared/fonts.css";
import "@hejnal/shared/tokens.css";
import "@hejnal/shared/components.css";
import "./styles/frame.css";
import "./styles/pages.css";
import "./styles/cards.css";
import "./styles/home.css";
import "./styles/article.css";
import "./styles/forms.css";
import "./styles/report.css";
import "./styles/notices.css";
import "./styles/town.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { startI18n, suppressInlineStyles } from "@hejnal/shared";
import { App } from "./app/App.tsx";
import { CATALOGUES } from "./i18n/catalogues.ts";
import { keepInstallOffer } from "./offline/install.ts";
import { registerServiceWorker } from "./offline/registration.ts";

suppressInlineStyles();
keepInstallOffer();
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
await startI18n(CATALOGUES);
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
registerServiceWorker();
// After the first screen, and in files of their own: nobody waits for them.
setTimeout(() => {
  void import("./notices/keep-push.ts").then(({ keepPush }) => keepPush()).catch(() => undefined);
  void import("./offline/at-hand.ts").then(({ keepAtHand }) => keepAtHand()).catch(() => undefined);
}, 3000);
