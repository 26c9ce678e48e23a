import { useTranslation } from "react-i18next";
import { Route, Switch } from "wouter";
import { useSession } from "../session/session.tsx";
import { Sections } from "../ui/Sections.tsx";
import { InboundRoom } from "./InboundRoom.tsx";
import { ProvidersRoom } from "./ProvidersRoom.tsx";
import { StatementRoom } from "./StatementRoom.tsx";
import "../alerts/alerts.css";
import "./messages.css";

/** Sending as such: how the providers do, what the month costs, what residents wrote back. */
export function MessagesPage() {
  const { t } = useTranslation();
  const { may } = useSession();
  return (
    <div className="page">
      <h1>{t("nav.messages")}</h1>
      <Sections
        label={t("messages.rooms")}
        rooms={[
          { path: "/messages", word: t("messages.providers"), but: ["/messages/statement", "/messages/inbound"] },
          { path: "/messages/statement", word: t("messages.statement") },
          ...(may("readReports") ? [{ path: "/messages/inbound", word: t("messages.inbound") }] : []),
        ]}
      />
      <Switch>
        <Route path="/messages/statement">{() => <StatementRoom />}</Route>
        <Route path="/messages/inbound">{() => <InboundRoom />}</Route>
        <Route>{() => <ProvidersRoom />}</Route>
      </Switch>
    </div>
  );
}
