import { categoryIcon, ErrorState, exactTime, Icon, Skeleton, useDateWords, useLanguage } from "@hejnal/shared";
import { TownMap } from "@hejnal/shared/map";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { fetchReport, photoUrl, type Report, REPORTS_KEY } from "../api/town.ts";
import { useCameras } from "../cameras/use-cameras.ts";
import { viewCones } from "../cameras/view-cones.ts";
import { useEvents } from "../events/EventsProvider.tsx";
import { useSession } from "../session/session.tsx";
import { ConsoleDialog } from "../ui/ConsoleDialog.tsx";
import { AnswerForm } from "./AnswerForm.tsx";
import { CamerasNearby } from "./CamerasNearby.tsx";
import { nearbyCameras } from "./nearby-cameras.ts";
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
        </p>
      </header>
      <div className="report-columns">
        <div className="report-words">
          <p className="report-text">{report.text}</p>
          <p className="soft">{report.anonymous ? t("reports.anonymous") : report.contact === null ? t("reports.contactKept") : t("reports.contact", { contact: report.contact })}</p>
          <Photos report={report} />
          <Story report={report} />
          <AnswerForm key={report.id} report={report} />
        </div>
        <ReportPlace report={report} />
      </div>
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

function Photos({ report }: { readonly report: Report }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<number | null>(null);
  const photo = open === null ? undefined : report.photos[open];
  if (report.photos.length === 0) return <p className="soft">{t("reports.noPhotos")}</p>;
  return (
    <>
      <ul className="photos">
        {report.photos.map(({ id }, index) => (
          <li key={id}>
            <button type="button" className="photo" onClick={() => setOpen(index)}>
              <img src={photoUrl(report.id, id, "thumb")} alt={t("reports.photo", { number: index + 1, of: report.photos.length })} loading="lazy" />
            </button>
          </li>
        ))}
      </ul>
      <ConsoleDialog title={t("reports.photo", { number: (open ?? 0) + 1, of: report.photos.length })} isOpen={photo !== undefined} onClose={() => setOpen(null)} width="wide">
        {photo === undefined ? null : <img className="photo-full" src={photoUrl(report.id, photo.id, "full")} width={photo.width} height={photo.height} alt={t("reports.photo", { number: (open ?? 0) + 1, of: report.photos.length })} />}
      </ConsoleDialog>
    </>
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
