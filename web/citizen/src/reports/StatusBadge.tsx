import { useTranslation } from "react-i18next";
import { Icon, type IconName } from "@hejnal/shared";
import type { ReporterView } from "../api.ts";

const ICONS: Readonly<Record<ReporterView["status"], IconName>> = {
  received: "mail",
  in_progress: "clock",
  planned: "events",
  closed: "check",
};

type Standing = Pick<ReporterView, "status" | "outcome">;

/** How a report stands: icon and word. */
export function StatusBadge({ status, outcome }: Standing) {
  const { t } = useTranslation();
  return (
    <span className={`status status-${status}`}>
      <Icon name={ICONS[status]} size="1.15em" />
      {status === "closed" && outcome ? t(`reports.outcome.${outcome}`) : t(`reports.status.${status}`)}
    </span>
  );
}

/** One sentence: what happens next. */
export function useNextStep(): (standing: Standing) => string {
  const { t } = useTranslation();
  return ({ status, outcome }) => (status === "closed" ? t(`reports.next.${outcome ?? "fixed"}`) : t(`reports.next.${status}`));
}
