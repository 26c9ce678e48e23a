import { EmptyState, SeverityBadge } from "@hejnal/shared";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { AlertSections } from "../alerts/AlertSections.tsx";
import { HappeningDialog } from "../alerts/HappeningDialog.tsx";
import { fetchIncidents, type Incident, incidentKey, INCIDENTS_KEY, openIncident } from "../api/incidents.ts";
import { useSession } from "../session/session.tsx";
import { PagedList } from "../ui/PagedList.tsx";
import { exact } from "../words/console-words.ts";
import { IncidentView } from "./IncidentView.tsx";
import "../alerts/alerts.css";
import "../reports/reports.css";
import "./incidents.css";

type View = "open" | "closed";

/** What belongs together: alerts, footage, notes and messages of one thing that happened. */
export function IncidentsPage({ incidentId }: { readonly incidentId: string | null }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const [view, setView] = useState<View>("open");
  const [opening, setOpening] = useState(false);
  const query = useInfiniteQuery({
    queryKey: [...INCIDENTS_KEY, "list", view],
    queryFn: ({ pageParam }) => fetchIncidents(view, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: 30_000,
  });
  return (
    <div className="split alerts">
      <section className="split-list" aria-labelledby="incidents-title">
        <AlertSections />
        <header className="split-head">
          <h1 id="incidents-title">{t("alerts.room.incidents")}</h1>
          {may("workOnAlerts") ? (
            <Button className="button" onPress={() => setOpening(true)}>
              {t("incidents.new")}
            </Button>
          ) : null}
          <ToggleButtonGroup className="segmented" aria-label={t("incidents.view")} selectionMode="single" disallowEmptySelection selectedKeys={[view]} onSelectionChange={(keys) => setView(keys.has("closed") ? "closed" : "open")}>
            <ToggleButton id="open" className="segment">
              {t("incidents.state.open")}
            </ToggleButton>
            <ToggleButton id="closed" className="segment">
              {t("incidents.state.closed")}
            </ToggleButton>
          </ToggleButtonGroup>
        </header>
        <PagedList query={query} empty={<EmptyState icon="check" title={t(`incidents.empty.${view}`)} />}>
          {(incidents) => (
            <ul className="cards">
              {incidents.map((incident) => (
                <IncidentCard key={incident.incident_id} incident={incident} open={incident.incident_id === incidentId} />
              ))}
            </ul>
          )}
        </PagedList>
      </section>
      <section className="split-detail" aria-label={t("incidents.detail")}>
        {incidentId === null ? <EmptyState icon="list" title={t("incidents.choose")} /> : <IncidentView key={incidentId} incidentId={incidentId} />}
      </section>
      {opening ? <NewIncidentDialog onClose={() => setOpening(false)} /> : null}
    </div>
  );
}

function IncidentCard({ incident, open }: { readonly incident: Incident; readonly open: boolean }) {
  return (
    <li>
      <Link href={`/incidents/${incident.incident_id}`} className="card" aria-current={open ? "true" : undefined} data-incident={incident.reference}>
        <span className="card-head">
          <SeverityBadge severity={incident.severity} />
          <span className="card-reference">{incident.reference}</span>
        </span>
        <strong className="card-text">{incident.title}</strong>
        <span className="card-foot">
          <span>{incident.address}</span>
          <time dateTime={incident.opened_at}>{exact(Date.parse(incident.opened_at))}</time>
        </span>
      </Link>
    </li>
  );
}

function NewIncidentDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [, navigate] = useLocation();
  return (
    <HappeningDialog
      title={t("incidents.new")}
      submit={t("incidents.open")}
      maxLength={120}
      make={({ what, ...happening }) => openIncident({ ...happening, title: what, alert_ids: [], note: "" })}
      onMade={(incident) => {
        queryClient.setQueryData(incidentKey(incident.incident_id), incident);
        void queryClient.invalidateQueries({ queryKey: [...INCIDENTS_KEY, "list"] });
        onClose();
        navigate(`/incidents/${incident.incident_id}`);
      }}
      onClose={onClose}
    />
  );
}
