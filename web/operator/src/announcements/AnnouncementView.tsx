import { categoryIcon, ErrorState, exactTime, Icon, SeverityBadge, Skeleton, useDateWords, useLanguage } from "@hejnal/shared";
import { TownMap } from "@hejnal/shared/map";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { type AnnouncementDetail, ANNOUNCEMENTS_KEY, fetchAnnouncement } from "../api/town.ts";
import { useSession } from "../session/session.tsx";
import { useTown } from "../reports/use-town.ts";
import { AllClearDialog } from "./AllClearDialog.tsx";
import { boundsOf } from "./geometry-bounds.ts";
import { ProgressTable } from "./ProgressTable.tsx";
import { StateMark } from "./StateMark.tsx";
import { wording } from "./wording.ts";

/** One announcement: how it reads, how it fares, what came before, and what can be done with it. */
export function AnnouncementView({ announcementId }: { readonly announcementId: string }) {
  const query = useQuery({ queryKey: [...ANNOUNCEMENTS_KEY, "one", announcementId], queryFn: () => fetchAnnouncement(announcementId) });
  if (query.isPending) return <Skeleton rows={4} />;
  if (query.data === undefined) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return <Opened announcement={query.data} />;
}

function Opened({ announcement }: { readonly announcement: AnnouncementDetail }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const dates = useDateWords();
  const { may } = useSession();
  const { announcementCategory } = useTown();
  const [callingOff, setCallingOff] = useState(false);
  const text = wording(announcement.texts, language);
  const changeable = announcement.state === "active" || announcement.state === "upcoming";
  return (
    <article className="announcement" data-announcement={announcement.id}>
      <header className="report-head">
        <p className="report-marks">
          <Icon name={categoryIcon(announcement.category)} /> {announcementCategory(announcement.category)}
          <SeverityBadge severity={announcement.severity} />
          <StateMark state={announcement.state} version={announcement.version} />
          {announcement.drill ? <span className="tag">{t("announcements.drill")}</span> : null}
        </p>
        <h2>{text.title}</h2>
        <p className="soft">{dates.period(new Date(announcement.valid_from), new Date(announcement.valid_until))}</p>
      </header>
      {changeable && may("writeAnnouncements") ? (
        <div className="form-actions">
          <Link href={`/announcements/${announcement.id}/update`} className="button">
            {t("announcements.update")}
          </Link>
          <Button className="button button-attention" onPress={() => setCallingOff(true)}>
            {t("announcements.callOff")}
          </Button>
          <a href={announcement.page_url} target="_blank" rel="noreferrer">
            {t("announcements.page")}
          </a>
        </div>
      ) : null}
      <div className="report-columns">
        <div className="report-words">
          <p className="report-text">{text.body}</p>
          {text.instruction === "" ? null : <p className="instruction">{text.instruction}</p>}
          <ProgressTable announcement={announcement} />
          <History announcement={announcement} />
        </div>
        <Where announcement={announcement} />
      </div>
      {callingOff ? <AllClearDialog announcement={announcement} onClose={() => setCallingOff(false)} /> : null}
    </article>
  );
}

function Where({ announcement }: { readonly announcement: AnnouncementDetail }) {
  const { t } = useTranslation();
  const { town } = useTown();
  const { area, geometry, severity } = announcement;
  const areas = useMemo<GeoJSON.FeatureCollection>(
    () => ({ type: "FeatureCollection", features: geometry === null ? [] : [{ type: "Feature", properties: { severity }, geometry: geometry as unknown as GeoJSON.Geometry }] }),
    [geometry, severity],
  );
  const focus = useMemo(() => boundsOf(geometry), [geometry]);
  return (
    <aside className="report-place">
      <h3>{t("editor.area")}</h3>
      <p>
        {t(`editor.areas.${area.kind}`)}
        {area.kind === "streets" ? `: ${area.streets.join(", ")}` : null}
        {area.kind === "circle" ? `: ${t("announcements.radius", { metres: Math.round(area.radius_m) })}` : null}
      </p>
      {town === null ? null : <TownMap label={t("preview.map")} bounds={town.bounds} scheme="dark" areas={areas} {...(focus === null ? {} : { focus })} {...(town.map_url === null ? {} : { tiles: town.map_url })} />}
    </aside>
  );
}

function History({ announcement }: { readonly announcement: AnnouncementDetail }) {
  const { t } = useTranslation();
  const language = useLanguage();
  return (
    <section>
      <h3>{t("announcements.history")}</h3>
      <ol className="story">
        {announcement.history.map((version) => (
          <li key={version.version}>
            <span className="story-when">
              <time dateTime={version.issued_at}>{exactTime(new Date(version.issued_at), language)}</time>
            </span>
            <span>
              <strong>
                {t(`announcements.kind.${version.kind}`)} ({t("announcements.version", { version: version.version })})
              </strong>
              <span className="story-answer">{wording(version.texts, language).title}</span>
              <span className="soft">{version.channels.map((channel) => t(`channel.${channel}`)).join(", ")}</span>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
