import { useTranslation } from "react-i18next";
import { useSession } from "../session/session.tsx";
import { Sections } from "../ui/Sections.tsx";
import "../alerts/alerts.css";

/** The rooms of the reports' desk: the queue, and for those who shape it, the categories and other systems. */
export function ReportSections() {
  const { t } = useTranslation();
  const { may } = useSession();
  return (
    <Sections
      label={t("reports.rooms")}
      rooms={[
        { path: "/reports", word: t("nav.reports") },
        { path: "/inbound-messages", word: t("messages.inbound") },
        ...(may("keepReportCategories") ? [{ path: "/report-categories", word: t("reportCategories.title") }] : []),
        ...(may("keepOpen311")
          ? [
              { path: "/open311-keys", word: t("open311.keys") },
              { path: "/open311-back-office", word: t("open311.office") },
            ]
          : []),
      ]}
    />
  );
}
