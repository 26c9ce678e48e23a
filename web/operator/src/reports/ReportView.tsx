import { categoryIcon, ErrorState, exactTime, Icon, Skeleton, useDateWords, useLanguage } from "@hejnal/shared";
import { TownMap } from "@hejnal/shared/map";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { fetchReport, type Report, REPORTS_KEY } from "../api/town.ts";
import { useCameras } from "../cameras/use-cameras.ts";
import { viewCones } from "../cameras/view-cones.ts";
import { useEvents } from "../events/EventsProvider.tsx";
import { useSession } from "../session/session.tsx";
import { AnswerForm } from "./AnswerForm.tsx";
import { CamerasNearby } from "./CamerasNearby.tsx";
import { Conversation } from "./Conversation.tsx";
import { MergeDialog } from "./MergeDialog.tsx";
import { Moderation } from "./Moderation.tsx";
import { nearbyCameras } from "./nearby-cameras.ts";
import { Photos } from "./Photos.tsx";
import { Signals } from "./Signals.tsx";
import { StatusMark } from "./StatusMark.tsx";
import { useTown } from "./use-town.ts";

/** One report with everything needed to act on it. */
export function ReportView({ reportId }: { readonly reportId: string }) {
  const query = useQuery({ queryKey: [...REPORTS_KEY, "one", reportId], queryFn: () => fetchReport(reportId) });
  const { acknowledge } = useEvents();
  const found = query.data !== undefined;
  useEffect(() => {
    if (found) acknowledge(reportId);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- acknowledge changes with every event
  }, [found, reportId]);
  if (query.isPending) return <Skeleton rows={4} />;
  if (query.data === undefined) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return <Opened report={query.data} />;
}

function Opened({ report }: { readonly report: Report }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const dates = useDateWords();
  const { reportCategory } = useTown();
  const { may } = useSession();
  const [merging, setMerging] = useState(false);
  const submitted = new Date(report.submitted_at);
  return (
    <article className="report">
      <header className="report-head">
        <p className="soft">
          {report.reference} · <time dateTime={report.submitted_at} title={exactTime(submitted, language)}>{dates.moment(submitted)}</time>
        </p>
        <h2>
          <Icon name={categoryIcon(report.category)} /> {reportCategory(report.category)}
        </h2>
        <p className="report-marks">
          <StatusMark status={report.status} outcome={report.outcome} />
          {report.urgent ? <span className="tag tag-urgent">{t("reports.urgent")}</span> : null}
          {report.unit === "" ? null : <span className="soft">{report.unit}</span>}
          {report.me_too === 0 ? null : <span className="tag">{t("signals.meTooCount", { count: report.me_too })}</span>}
          {may("answerReports") && report.merged_into === null ? (
            <Button className="button" onPress={() => setMerging(true)}>
              {t("merge.open")}
            </Button>
          ) : null}
        </p>
      </header>
      <div className="report-columns">
        <div className="report-words">
          <p className="report-text">{report.text}</p>
          <p className="soft">{report.anonymous ? t("reports.anonymous") : report.contact === null ? t("reports.contactKept") : t("reports.contact", { contact: report.contact })}</p>
          <Photos report={report} />
          <Signals report={report} />
          <Story report={report} />
          <AnswerForm key={report.id} report={report} />
          <Conversation report={report} />
          <Moderation report={report} />
        </div>
        <ReportPlace report={report} />
      </div>
      {merging ? <MergeDialog report={report} onClose={() => setMerging(false)} /> : null}
    </article>
  );
}

function ReportPlace({ report }: { readonly report: Report }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const { cameras } = useCameras();
  const { town } = useTown();
  const near = useMemo(() => (may("seeCameras") ? nearbyCameras(cameras, report.place) : []), [cameras, report.place, may]);
  const { lat, lon } = report.place;
  const focus = useMemo(() => [lon - 0.003, lat - 0.0018, lon + 0.003, lat + 0.0018] as const, [lat, lon]);
  const markers = useMemo(() => [{ id: "report", place: { lat, lon }, label: t("reports.pin", { address: report.address }), icon: "pin", tone: "warning" } as const], [lat, lon, report.address, t]);
  const cones = useMemo(() => viewCones(near.map(({ camera }) => camera)), [near]);
  return (
    <aside className="report-place">
      <h3>{t("reports.place")}</h3>
      <p>{report.address === "" ? `${lat.toFixed(5)}, ${lon.toFixed(5)}` : report.address}</p>
      {town === null ? null : <TownMap label={t("reports.map", { address: report.address })} bounds={town.bounds} scheme="dark" markers={markers} areas={cones} focus={focus} {...(town.map_url === null ? {} : { tiles: town.map_url })} />}
      {may("seeCameras") ? <CamerasNearby near={near} atMs={Date.parse(report.submitted_at)} /> : null}
    </aside>
  );
}

/** What has been done, oldest first. */
function Story({ report }: { readonly report: Report }) {
  const { t } = useTranslation();
  const dates = useDateWords();
  return (
    <section>
      <h3>{t("reports.story")}</h3>
      <ol className="story">
        {report.events.map((event) => (
          <li key={`${event.kind}-${event.at}`}>
            <span className="story-when">
              <time dateTime={event.at}>{dates.moment(new Date(event.at))}</time>
            </span>
            <span>
              {event.kind === "routed" ? t("reports.routed", { unit: event.unit }) : <StatusMark status={event.status} outcome={event.outcome} />}
              {event.answer === "" ? null : <q className="story-answer">{event.answer}</q>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
