import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { type Alert, ALERTS_KEY } from "../api/alerts.ts";
import { idempotencyKey } from "../api/client.ts";
import { incidentKey, INCIDENTS_KEY, openIncident } from "../api/incidents.ts";
import { useSession } from "../session/session.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";

/** The incident an alert belongs to, or the beginning of one: its footage is marked and kept there. */
export function IncidentOfAlert({ alert }: { readonly alert: Alert }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const queryClient = useQueryClient();
  const [, navigate] = useLocation();
  const [key] = useState(idempotencyKey);
  const open = useMutation({
    mutationFn: () =>
      openIncident({ request_id: key, title: alert.summary.slice(0, 120), severity: alert.severity, place: alert.place, address: alert.address, alert_ids: [alert.alert_id], note: "" }),
    onSuccess: (incident) => {
      queryClient.setQueryData(incidentKey(incident.incident_id), incident);
      void queryClient.invalidateQueries({ queryKey: INCIDENTS_KEY });
      void queryClient.invalidateQueries({ queryKey: ALERTS_KEY });
      navigate(`/incidents/${incident.incident_id}`);
    },
  });
  if (alert.incident_id !== null) {
    return (
      <Link href={`/incidents/${alert.incident_id}`} className="button">
        {t("alerts.toIncident")}
      </Link>
    );
  }
  if (!may("workOnAlerts")) return null;
  return (
    <>
      <Button className="button" isPending={open.isPending} onPress={() => open.mutate()}>
        {t("incidents.openFromAlert")}
      </Button>
      <ProblemLine error={open.error} act="workOnAlerts" />
    </>
  );
}
