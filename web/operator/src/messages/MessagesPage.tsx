import { useTranslation } from "react-i18next";
import { Route, Switch } from "wouter";
import { Sections } from "../ui/Sections.tsx";
import { ProvidersRoom } from "./ProvidersRoom.tsx";
import { StatementRoom } from "./StatementRoom.tsx";
import "../alerts/alerts.css";
import "./messages.css";

/** Sending as such: how the providers do, and what the month costs. */
export function MessagesPage() {
  const { t } = useTranslation();
  return (
    <div className="page">
      <h1>{t("nav.messages")}</h1>
      <Sections
        label={t("messages.rooms")}
        rooms={[
          { path: "/messages", word: t("messages.providers"), but: ["/messages/statement"] },
          { path: "/messages/statement", word: t("messages.statement") },
        ]}
      />
      <Switch>
        <Route path="/messages/statement">{() => <StatementRoom />}</Route>
        <Route>{() => <ProvidersRoom />}</Route>
      </Switch>
    </div>
  );
}
