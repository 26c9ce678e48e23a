import { lazy, useState } from "react";
import { useTranslation } from "react-i18next";
import { EmptyState, ErrorState, Icon, Skeleton, useDateWords, useMediaQuery } from "@hejnal/shared";
import { Link, useLocation } from "wouter";
import { MapBoundary } from "../app/MapBoundary.tsx";
import { Page } from "../app/Page.tsx";
import type { AnnouncementSummary } from "../api.ts";
import { OutboxNotice } from "../reports/OutboxNotice.tsx";
import { usePlace } from "../town/use-place.ts";
import { useTown } from "../town/use-town.ts";
import { AnnouncementCard } from "./AnnouncementCard.tsx";
import { CategoryFilter } from "./CategoryFilter.tsx";
import { PlaceBar } from "./PlaceBar.tsx";
import { sections, useAnnouncements } from "./use-announcements.ts";

const AnnouncementsMap = lazy(() => import("./AnnouncementsMap.tsx"));

/** "What is happening near me": the list first, the map one tap away. */
export function HomePage() {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const dates = useDateWords();
  const [place, setPlace] = usePlace();
  const [categories, setCategories] = useState<string[]>([]);
  const [mapAsked, setMapAsked] = useState(false);
  const wide = useMediaQuery("(min-width: 72rem)");
  const mapShown = wide || mapAsked;
  const { data, error, isPending, refetch } = useAnnouncements(place, categories);
  const { data: town } = useTown();
  const lists = sections(data?.items ?? [], new Date());
  // What may hurt somebody stands above everything else on the page.
  const alarms = lists.now.filter(({ severity, drill }) => severity === "emergency" && !drill);
  const now = lists.now.filter((item) => !alarms.includes(item));
  const shown = lists.now.length + lists.soon.length + lists.calledOff.length;

  return (
    <Page title={place ? t("home.title") : t("home.titleTown")}>
      <OutboxNotice />
      <Section title={t("home.alarms")} items={alarms} />
      <Link href="/zglos" className="report-call">
        <Icon name="pin" size="2rem" />
        <span>
          <span className="report-call-lead">{t("home.reportLead")}</span>
          <strong>{t("home.reportAction")}</strong>
        </span>
        <Icon name="forward" />
      </Link>
      <div className="toolbar">
        <PlaceBar place={place} onChange={setPlace} />
        {wide ? null : (
          <button type="button" className="button view-toggle" onClick={() => setMapAsked(!mapAsked)}>
            <Icon name={mapAsked ? "list" : "map"} />
            {mapAsked ? t("home.list") : t("home.map")}
          </button>
        )}
        <CategoryFilter chosen={categories} onChange={setCategories} />
      </div>
      {data?.storedAt ? (
        <p className="banner">
          <Icon name="offline" />
          {t("shell.offlineSince", { when: dates.moment(data.storedAt) })}
        </p>
      ) : null}
      <p role="status" className="visually-hidden">
        {data ? t("home.count", { count: shown }) : ""}
      </p>
      {isPending ? <Skeleton /> : null}
      {error && !data ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      <div className="home-columns">
        {wide || !mapAsked ? (
          <div className="home-list">
          {data && shown === 0 ? (
            <EmptyState icon="check" title={t("home.calmTitle")}>
              <p>{categories.length ? t("home.calmFilter") : place ? t("home.calmNear") : t("home.calmText")}</p>
              <Link href="/powiadomienia" className="button">
                {t("home.calmAction")}
              </Link>
            </EmptyState>
          ) : null}
          <Section title={t("home.now")} items={now} />
          <Section title={t("home.soon")} items={lists.soon} />
          <Section title={t("home.calledOff")} items={lists.calledOff} />
          {lists.before.length ? (
            <details className="before">
              <summary>
                <h2>{t("home.before")}</h2>
              </summary>
              <Cards items={lists.before} />
            </details>
          ) : null}
          </div>
        ) : null}
        {mapShown && data && town ? (
          <MapBoundary>
            <AnnouncementsMap town={town} announcements={[...lists.now, ...lists.soon]} onSelect={(id) => navigate(`/komunikaty/${id}`)} />
          </MapBoundary>
        ) : null}
      </div>
    </Page>
  );
}

function Section({ title, items }: { readonly title: string; readonly items: readonly AnnouncementSummary[] }) {
  if (!items.length) return null;
  return (
    <section className="list-section">
      <h2>{title}</h2>
      <Cards items={items} />
    </section>
  );
}

function Cards({ items }: { readonly items: readonly AnnouncementSummary[] }) {
  return (
    // A list without bullets is no list to VoiceOver unless it says so.
    // eslint-disable-next-line jsx-a11y/no-redundant-roles
    <ul className="cards" role="list">
      {items.map((announcement) => (
        <AnnouncementCard key={announcement.id} announcement={announcement} />
      ))}
    </ul>
  );
}
