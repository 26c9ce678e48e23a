import { lazy, useState } from "react";
import { useTranslation } from "react-i18next";
import {
  asProblem,
  categoryIcon,
  EmptyState,
  ErrorState,
  exactTime,
  Icon,
  type Language,
  SeverityBadge,
  Skeleton,
  useDateWords,
  useLanguage,
} from "@hejnal/shared";
import { Link } from "wouter";
import { MapBoundary } from "../app/MapBoundary.tsx";
import { Page } from "../app/Page.tsx";
import type { AnnouncementDetail } from "../api.ts";
import { useCategoryNames } from "../town/use-town.ts";
import { Attachments } from "./Attachments.tsx";
import { Languages } from "./Languages.tsx";
import { useAnnouncement } from "./use-announcements.ts";
import { VersionHistory } from "./VersionHistory.tsx";
import { areaWords, wording } from "./words.ts";

const AreaMap = lazy(() => import("./AreaMap.tsx"));

/** One announcement: what, when, where, what to do, and how it has changed. */
export default function AnnouncementPage({ id }: { readonly id: string }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useAnnouncement(id);
  if (data) return <Announcement key={id} announcement={data} />;
  if (error && asProblem(error).kind === "notFound") {
    return (
      <Page title={t("announcement.gone")}>
        <EmptyState icon="search" title={t("announcement.goneText")}>
          <Link href="/" className="button">
            {t("announcement.back")}
          </Link>
        </EmptyState>
      </Page>
    );
  }
  return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton />;
}

function Announcement({ announcement }: { readonly announcement: AnnouncementDetail }) {
  const { t } = useTranslation();
  const reader = useLanguage();
  const dates = useDateWords();
  const categoryName = useCategoryNames("announcement_categories");
  const [mapShown, setMapShown] = useState(false);
  const [chosen, setChosen] = useState<Language | null>(null);
  const { text, language } = wording(announcement.texts, chosen ?? reader);
  const from = new Date(announcement.valid_from);
  const until = new Date(announcement.valid_until);
  const updated = new Date(announcement.updated_at);
  const cancelled = announcement.kind === "cancelled";

  return (
    <Page
      title={text.title}
      narrow
      kicker={
        <Link href="/" className="back-link">
          <Icon name="back" />
          {t("announcement.back")}
        </Link>
      }
    >
      {announcement.drill ? (
        <p className="drill-banner">
          <Icon name="info" />
          <strong>{t("announcement.drillText")}</strong>
        </p>
      ) : null}
      <p className="card-tags">
        {cancelled ? (
          <span className="tag-cancelled">
            <Icon name="check" size="1.15em" />
            {t("announcement.cancelled")}
          </span>
        ) : (
          <SeverityBadge severity={announcement.severity} />
        )}
        <span className="card-category">
          <Icon name={categoryIcon(announcement.category)} />
          {categoryName(announcement.category)}
        </span>
      </p>
      <Languages shown={language} reader={reader} texts={announcement.texts} origins={announcement.origins} onChoose={setChosen} />
      <p className="announcement-body" lang={language}>
        {text.body}
      </p>
      {text.instruction ? (
        <section className={`instruction instruction-${announcement.severity}`} lang={language}>
          <h2 lang={reader}>{t("announcement.what")}</h2>
          <p>{text.instruction}</p>
        </section>
      ) : null}
      <dl className="facts">
        <div>
          <dt>{t("announcement.when")}</dt>
          <dd>
            {cancelled ? `${t("announcement.cancelled")}: ${dates.moment(updated)}` : dates.period(from, until)}
            <details className="exact">
              <summary>{t("announcement.exact")}</summary>
              {t("announcement.exactValue", { from: exactTime(from, reader), until: exactTime(until, reader) })}
            </details>
          </dd>
        </div>
        <div>
          <dt>{t("announcement.where")}</dt>
          <dd>
            {areaWords(t, announcement.area, 200)}
            {announcement.geometry && announcement.area.kind !== "town" ? (
              <button type="button" className="link-button" aria-expanded={mapShown} onClick={() => setMapShown(!mapShown)}>
                {mapShown ? t("announcement.hideMap") : t("announcement.showMap")}
              </button>
            ) : null}
          </dd>
        </div>
      </dl>
      {mapShown ? (
        <MapBoundary>
          <AreaMap announcement={announcement} />
        </MapBoundary>
      ) : null}
      <Attachments announcement={announcement} />
      <p className="hint">
        {t("announcement.issued", { when: dates.moment(new Date(announcement.issued_at)) })}
        {announcement.kind === "updated" ? `. ${t("announcement.updated", { when: dates.moment(updated) })}` : null}
      </p>
      {announcement.history.length > 1 ? <VersionHistory history={announcement.history} /> : null}
      <p>
        <Link href="/powiadomienia" className="button">
          <Icon name="bell" />
          {t("announcement.subscribe")}
        </Link>
      </p>
    </Page>
  );
}
