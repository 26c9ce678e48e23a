import { SeverityBadge } from "@hejnal/shared";
import { type ReactNode, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useSession } from "../session/session.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { clock } from "../words/town-clock.ts";
import { AssignDialog, ResolveDialog } from "./AlertDialogs.tsx";
import type { AlertGroup } from "./alert-groups.ts";
import { type GroupAct, useGroupActions } from "./use-group-actions.ts";

/** "40 kamer bez obrazu od 16:02": what is said of the whole group. */
export function useGroupWords(group: AlertGroup): string {
  const { t } = useTranslation();
  const [first] = group.alerts;
  return t("alerts.group.title", { count: group.alerts.length, time: first === undefined ? "" : clock(Date.parse(first.raised_at)) });
}

interface AlertGroupCardProps {
  readonly group: AlertGroup;
  readonly expanded: boolean;
  readonly onExpand: (expanded: boolean) => void;
  /** Its alerts as cards; shown when it is expanded. */
  readonly children: ReactNode;
}

/** An outage of many cameras in the list: taken, given and ended together, or opened to see each. */
export function AlertGroupCard({ group, expanded, onExpand, children }: AlertGroupCardProps) {
  const { t } = useTranslation();
  const { may } = useSession();
  const [asked, setAsked] = useState<"assign" | "resolve" | null>(null);
  const { run, pending, done, error } = useGroupActions();
  const words = useGroupWords(group);
  const [first] = group.alerts;
  if (first === undefined) return null;
  const whole = { ...first, summary: words };
  const act = (wish: GroupAct) =>
    run(
      { alerts: group.alerts, act: wish },
      {
        onSettled: () => setAsked(null),
      },
    );
  return (
    <li>
      <article className={group.waiting ? "card card-fresh" : "card"} aria-label={words} data-group={group.alerts.length}>
        <span className="card-head">
          <SeverityBadge severity={first.severity} />
          <span className="tag">{t("alerts.group.tag")}</span>
        </span>
        <strong className="card-text">{words}</strong>
        <p className="soft">{t("alerts.group.help")}</p>
        <ProblemLine error={error} act="workOnAlerts" />
        <div className="form-actions">
          {may("workOnAlerts") ? (
            <>
              {group.waiting ? (
                <Button className="button" isPending={pending} onPress={() => act({ act: "acknowledge" })}>
                  {pending ? t("alerts.group.doing", { done, count: group.alerts.length }) : t("alerts.group.acknowledge")}
                </Button>
              ) : null}
              <Button className="button" isDisabled={pending} onPress={() => setAsked("assign")}>
                {t("alerts.group.assign")}
              </Button>
              <Button className="button" isDisabled={pending} onPress={() => setAsked("resolve")}>
                {t("alerts.group.resolve")}
              </Button>
            </>
          ) : null}
          <Button className="link-button" aria-expanded={expanded} onPress={() => onExpand(!expanded)}>
            {expanded ? t("alerts.group.close") : t("alerts.group.open")}
          </Button>
        </div>
      </article>
      {expanded ? <ul className="cards alert-members">{children}</ul> : null}
      {asked === "assign" ? <AssignDialog alert={whole} pending={pending} onAssign={(to) => act({ act: "assign", to })} onClose={() => setAsked(null)} /> : null}
      {asked === "resolve" ? <ResolveDialog alert={whole} pending={pending} onResolve={(outcome, note) => act({ act: "resolve", outcome, note })} onClose={() => setAsked(null)} /> : null}
    </li>
  );
}
