import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { OpenSession } from "../api/accounts.ts";
import { DataTable } from "../ui/DataTable.tsx";
import { momentWithSeconds } from "../words/console-words.ts";
import { useNowSeconds } from "../words/ticker.ts";

interface SessionTableProps {
  readonly sessions: readonly OpenSession[];
  readonly action?: (session: OpenSession) => ReactNode;
}

/** Where somebody is signed in: browser, address, way in, when last seen. */
export function SessionTable({ sessions, action }: SessionTableProps) {
  const { t } = useTranslation();
  const nowMs = useNowSeconds();
  const moment = (at: string) => momentWithSeconds(Date.parse(at), nowMs);
  if (sessions.length === 0) return <p className="soft">{t("own.noSessions")}</p>;
  return (
    <DataTable caption={t("own.sessions")} columns={[t("own.browser"), t("own.sourceIp"), t("own.method"), t("own.begun"), t("own.lastSeen")]} actions={action !== undefined}>
      {sessions.map((session) => (
        <tr key={session.session_id}>
          <th scope="row">
            {browserWords(session.browser) || t("own.unknownBrowser")}
            {session.current ? <span className="soft cell-line">{t("own.thisOne")}</span> : null}
          </th>
          <td>{session.source_ip}</td>
          <td>{t(`own.methods.${session.method}`)}</td>
          <td>{moment(session.created_at)}</td>
          <td>{moment(session.last_seen_at)}</td>
          {action === undefined ? null : <td className="cell-actions">{action(session)}</td>}
        </tr>
      ))}
    </DataTable>
  );
}

const BROWSERS = [
  ["Edg/", "Edge"],
  ["OPR/", "Opera"],
  ["Firefox/", "Firefox"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
] as const;
const SYSTEMS = [
  ["Android", "Android"],
  ["iPhone", "iOS"],
  ["iPad", "iPadOS"],
  ["Windows", "Windows"],
  ["Mac OS X", "macOS"],
  ["Linux", "Linux"],
] as const;

/** "Firefox, Windows" out of a User-Agent; what is not known is shown as it came. */
export function browserWords(agent: string): string {
  const browser = BROWSERS.find(([sign]) => agent.includes(sign))?.[1];
  const system = SYSTEMS.find(([sign]) => agent.includes(sign))?.[1];
  const known = [browser, system].filter((each) => each !== undefined).join(", ");
  return known === "" ? agent.slice(0, 80) : known;
}
