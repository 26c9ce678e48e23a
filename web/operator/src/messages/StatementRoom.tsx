import { EmptyState } from "@hejnal/shared";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { fetchStatement, type Statement, statementKey } from "../api/messages.ts";
import { DataTable } from "../ui/DataTable.tsx";
import { Loaded } from "../ui/Loaded.tsx";
import { exact } from "../words/console-words.ts";
import { townDay } from "../words/town-clock.ts";
import { channelWord, deliveryWord, troubleWord } from "./message-words.ts";
import { statementCsv } from "./statement-csv.ts";

const MONTHS_BACK = 12;

/** The month's bill: the SMS budget and who let an emergency pass it, every channel's counts, causes and pace; as a file too. */
export function StatementRoom() {
  const { t, i18n } = useTranslation();
  const [months] = useState(() => lastMonths(Date.now()));
  const [month, setMonth] = useState(months[0] ?? "");
  const query = useQuery({ queryKey: statementKey(month), queryFn: () => fetchStatement(month), staleTime: 30_000, refetchInterval: 60_000 });
  const named = new Intl.DateTimeFormat(i18n.language, { month: "long", year: "numeric", timeZone: "UTC" });
  return (
    <>
      <label className="field month-field">
        <span>{t("messages.month")}</span>
        <select className="input" value={month} onChange={(event) => setMonth(event.target.value)}>
          {months.map((each) => (
            <option key={each} value={each}>
              {named.format(new Date(`${each}-15T12:00:00Z`))}
            </option>
          ))}
        </select>
      </label>
      <Loaded query={query} rows={5}>
        {(statement) => <Month statement={statement} />}
      </Loaded>
    </>
  );
}

function Month({ statement }: { readonly statement: Statement }) {
  const { t } = useTranslation();
  const save = () => {
    const csv = statementCsv(statement, {
      month: t("messages.month"),
      channel: t("preview.channel"),
      state: t("messages.state"),
      count: t("messages.count"),
      provider: t("messages.provider"),
      parts: t("messages.parts"),
      messages: t("messages.smsCount"),
      cost: t("messages.cost"),
      total: t("messages.total"),
      word: { channel: (channel) => channelWord(t, channel), state: (state) => deliveryWord(t, state) },
    });
    const url = URL.createObjectURL(new Blob([csv], { type: "text/csv;charset=utf-8" }));
    const link = Object.assign(document.createElement("a"), { href: url, download: `hejnal-${statement.month}.csv` });
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <>
      <p>
        {t("messages.announced", { announcements: statement.announcements, versions: statement.versions, drills: statement.drills })}{" "}
        <Button className="link-button" onPress={save}>
          {t("messages.export")}
        </Button>
      </p>
      <Budget statement={statement} />
      <Channels statement={statement} />
    </>
  );
}

function useMoney(): (zl: number) => string {
  const { i18n } = useTranslation();
  const format = new Intl.NumberFormat(i18n.language, { style: "currency", currency: "PLN" });
  return (zl) => format.format(zl);
}

function Budget({ statement }: { readonly statement: Statement }) {
  const { t } = useTranslation();
  const money = useMoney();
  const { sms_budget_zl: budget, sms_cost_zl: spent, sms: bills, passes } = statement;
  return (
    <section className="fieldset" aria-labelledby="sms-bill">
      <h2 id="sms-bill">{t("messages.bill")}</h2>
      {budget === null ? (
        <p>{t("messages.spentNoBudget", { spent: money(spent) })}</p>
      ) : (
        <p className={spent > budget ? "attention" : undefined}>
          {t("messages.spentOf", { spent: money(spent), budget: money(budget), left: money(Math.max(0, budget - spent)) })}
          <progress className="budget" max={Math.max(budget, 1)} value={Math.min(spent, budget)} aria-label={t("messages.bill")} />
        </p>
      )}
      {statement.held_back_by_budget > 0 ? <p className="attention">{t("messages.heldBack", { count: statement.held_back_by_budget })}</p> : null}
      {bills.length === 0 ? null : (
        <DataTable caption={t("messages.bill")} columns={[t("messages.provider"), { label: t("messages.smsCount"), className: "number" }, { label: t("messages.parts"), className: "number" }, { label: t("messages.cost"), className: "number" }]}>
          {bills.map((bill) => (
            <tr key={bill.provider}>
              <th scope="row">{bill.provider}</th>
              <td className="number">{bill.messages}</td>
              <td className="number">{bill.parts}</td>
              <td className="number">{money(bill.cost_zl)}</td>
            </tr>
          ))}
        </DataTable>
      )}
      {passes.length === 0 ? null : (
        <>
          <h3>{t("messages.passes")}</h3>
          <DataTable caption={t("messages.passes")} columns={[t("messages.issued"), t("messages.decidedBy"), t("nav.announcements"), { label: t("messages.cost"), className: "number" }]}>
            {passes.map((pass) => (
              <tr key={`${pass.announcement_id} ${pass.version}`}>
                <td>{exact(Date.parse(pass.issued_at))}</td>
                <th scope="row">{pass.decided_by}</th>
                <td>
                  <Link href={`/announcements/${pass.announcement_id}`}>{t("messages.openAnnouncement")}</Link>
                </td>
                <td className="number">{money(pass.sms_cost_zl)}</td>
              </tr>
            ))}
          </DataTable>
        </>
      )}
    </section>
  );
}

function Channels({ statement }: { readonly statement: Statement }) {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 });
  const seconds = (value: number | null | undefined) => (value === null || value === undefined ? "–" : t("duration.seconds", { count: number.format(value) }));
  if (statement.channels.length === 0) return <EmptyState icon="megaphone" title={t("messages.nothingSent")} />;
  return (
    <section className="fieldset" aria-labelledby="sent">
      <h2 id="sent">{t("messages.sent")}</h2>
      <DataTable
        caption={t("messages.sent")}
        columns={[t("preview.channel"), { label: t("messages.count"), className: "number" }, t("messages.became"), t("messages.failures"), { label: "50 %", className: "number" }, { label: "95 %", className: "number" }, { label: "99 %", className: "number" }]}
      >
        {statement.channels.map((channel) => (
          <tr key={channel.channel} data-channel={channel.channel}>
            <th scope="row">{channelWord(t, channel.channel)}</th>
            <td className="number">{number.format(channel.deliveries)}</td>
            <td>
              {Object.entries(channel.by_state).map(([state, count]) => (
                <span key={state} className="cell-line">
                  {deliveryWord(t, state)}: {number.format(count)}
                </span>
              ))}
            </td>
            <td>
              {Object.entries(channel.failures).map(([cause, count]) => (
                <span key={cause} className="cell-line">
                  {troubleWord(t, cause)}: {number.format(count)}
                </span>
              ))}
            </td>
            <td className="number">{seconds(channel.pace?.p50_s)}</td>
            <td className="number">{seconds(channel.pace?.p95_s)}</td>
            <td className="number">{seconds(channel.pace?.p99_s)}</td>
          </tr>
        ))}
      </DataTable>
      <p className="soft">{t("messages.paceHelp")}</p>
    </section>
  );
}

/** This month and those before it, by the town's calendar: `2026-11`. */
function lastMonths(nowMs: number): readonly string[] {
  const [year = 0, month = 0] = townDay(nowMs).split("-").map(Number);
  return Array.from({ length: MONTHS_BACK }, (_, back) => {
    const all = year * 12 + month - 1 - back;
    return `${Math.floor(all / 12)}-${String((all % 12) + 1).padStart(2, "0")}`;
  });
}
