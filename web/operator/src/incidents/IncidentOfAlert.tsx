import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { Alert } from "../api/alerts.ts";

/** The incident an alert belongs to. */
export function IncidentOfAlert({ alert }: { readonly alert: Alert }) {
  const { t } = useTranslation();
  if (alert.incident_id === null) return null;
  return (
    <Link href={`/incidents/${alert.incident_id}`} className="button">
      {t("alerts.toIncident")}
    </Link>
  );
}
