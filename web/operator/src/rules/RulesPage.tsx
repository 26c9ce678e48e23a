import { EmptyState, SeverityBadge } from "@hejnal/shared";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { AlertSections } from "../alerts/AlertSections.tsx";
import { type AlertRule, fetchRules, removeRule, RULES_KEY } from "../api/rules.ts";
import { DataTable } from "../ui/DataTable.tsx";
import { Loaded } from "../ui/Loaded.tsx";
import { duration } from "../words/console-words.ts";
import { RemovalDialog } from "./RemovalDialog.tsx";
import { RuleDialog } from "./RuleDialog.tsx";
import "../alerts/alerts.css";

type Opened = { readonly what: "new" } | { readonly what: "edit" | "removal"; readonly rule: AlertRule } | null;

/** What raises alerts, in the order in which it is asked: the first rule that fits decides. */
export function RulesPage() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: RULES_KEY, queryFn: fetchRules });
  const [opened, setOpened] = useState<Opened>(null);
  const close = () => setOpened(null);
  return (
    <div className="page">
      <AlertSections />
      <header className="page-head">
        <h1>{t("alerts.room.rules")}</h1>
        <div className="page-tools">
          <Button className="button button-primary" onPress={() => setOpened({ what: "new" })}>
            {t("rules.add")}
          </Button>
        </div>
      </header>
      <p className="soft">{t("rules.order")}</p>
      <Loaded query={query} empty={<EmptyState icon="bell" title={t("rules.none")} />}>
        {(rules) => (
          <Table rules={rules} onOpen={(what, rule) => setOpened({ what, rule })} />
        )}
      </Loaded>
      {opened?.what === "new" ? <RuleDialog rule={null} onClose={close} /> : null}
      {opened?.what === "edit" ? <RuleDialog rule={opened.rule} onClose={close} /> : null}
      {opened?.what === "removal" ? <RemovalDialog name={opened.rule.name} means={t("rules.removeMeans")} list={RULES_KEY} remove={() => removeRule(opened.rule.rule_id, opened.rule.version)} onClose={close} /> : null}
    </div>
  );
}

function Table({ rules, onOpen }: { readonly rules: readonly AlertRule[]; readonly onOpen: (what: "edit" | "removal", rule: AlertRule) => void }) {
  const { t } = useTranslation();
  return (
    <DataTable caption={t("alerts.room.rules")} columns={[{ label: t("rules.position"), className: "number" }, t("rules.name"), t("rules.trigger"), t("rules.does"), t("rules.quiet"), t("rules.escalation")]} actions>
      {rules.map((rule) => (
        <tr key={rule.rule_id} data-rule={rule.rule_id}>
          <td className="number">{rule.position}</td>
          <th scope="row">
            {rule.name}
            {rule.enabled ? null : <span className="attention cell-line">{t("rules.off")}</span>}
          </th>
          <td>
            {t(`rules.triggers.${rule.trigger}`)}
            {rule.trigger === "camera_offline" ? <span className="soft cell-line">{t("rules.after", { wait: duration(t, rule.offline_after_s * 1_000) })}</span> : null}
          </td>
          <td>{!rule.raises ? t("rules.nothing") : rule.severity === null || rule.severity === undefined ? t("rules.asSource") : <SeverityBadge severity={rule.severity} />}</td>
          <td>
            {rule.quiet_hours.length === 0
              ? "–"
              : rule.quiet_hours.map((hours) => (
                  <span key={`${hours.starts} ${hours.days.join("")}`} className="cell-line">
                    {`${hours.starts.slice(0, 5)}–${hours.ends.slice(0, 5)}`}
                  </span>
                ))}
          </td>
          <td>
            {rule.escalation.length === 0
              ? "–"
              : rule.escalation.map((level, index) => (
                  <span key={index} className="cell-line">
                    {t("rules.level", { wait: duration(t, level.after_s * 1_000), roles: level.tell.map((role) => t(`role.${role}`)).join(", ") })}
                  </span>
                ))}
          </td>
          <td className="cell-actions">
            <button type="button" className="link-button" onClick={() => onOpen("edit", rule)}>
              {t("cameras.edit")}
              <span className="visually-hidden">, {rule.name}</span>
            </button>
            <button type="button" className="link-button" onClick={() => onOpen("removal", rule)}>
              {t("cameras.remove")}
              <span className="visually-hidden">, {rule.name}</span>
            </button>
          </td>
        </tr>
      ))}
    </DataTable>
  );
}
