import { useTranslation } from "react-i18next";
import { Link, Route, Switch, useLocation } from "wouter";
import { ChainPage } from "./ChainPage.tsx";
import { LogPage } from "./LogPage.tsx";
import { QuestionsPage } from "./QuestionsPage.tsx";
import "../alerts/alerts.css";
import "./audit.css";

const ROOMS = [
  { path: "/audit", word: "questions" },
  { path: "/audit/log", word: "log" },
  { path: "/audit/chain", word: "chain" },
] as const;

/** Who did what, at whom was looked, and why: the officer's two questions, the whole log, and whether it is whole. */
export function AuditPage() {
  const { t } = useTranslation();
  const [location] = useLocation();
  return (
    <div className="page">
      <h1>{t("nav.audit")}</h1>
      <nav aria-label={t("audit.rooms")}>
        <ul className="sections">
          {ROOMS.map((room) => (
            <li key={room.path}>
              <Link href={room.path} className="section-link" aria-current={location === room.path ? "page" : undefined}>
                {t(`audit.room.${room.word}`)}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <Switch>
        <Route path="/audit/log">{() => <LogPage />}</Route>
        <Route path="/audit/chain">{() => <ChainPage />}</Route>
        <Route>{() => <QuestionsPage />}</Route>
      </Switch>
    </div>
  );
}
