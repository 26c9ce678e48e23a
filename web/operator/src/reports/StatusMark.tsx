import { Icon, type IconName } from "@hejnal/shared";
import { useTranslation } from "react-i18next";
import type { ReportOutcome, ReportStatus } from "../api/town.ts";

const ICONS: Readonly<Record<ReportStatus, IconName>> = { received: "mail", in_progress: "clock", planned: "events", closed: "check" };

/** Where a report stands, as icon and word. */
export function StatusMark({ status, outcome }: { readonly status: ReportStatus; readonly outcome: ReportOutcome | null }) {
  const { t } = useTranslation();
  return (
    <span className={`status status-${status}`}>
      <Icon name={ICONS[status]} size="1.15em" />
      {status === "closed" && outcome !== null ? t(`reports.outcome.${outcome}`) : t(`reports.status.${status}`)}
    </span>
  );
}
