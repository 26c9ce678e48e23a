import { useTranslation } from "react-i18next";
import { categoryIcon, Icon, SeverityBadge, useDateWords, useLanguage } from "@hejnal/shared";
import { Link } from "wouter";
import type { AnnouncementSummary } from "../api.ts";
import { useCategoryNames } from "../town/use-town.ts";
import { areaWords, wording } from "./words.ts";

/** One announcement in a list: how bad, about what, what, until when, where. */
export function AnnouncementCard({ announcement }: { readonly announcement: AnnouncementSummary }) {
  const { t } = useTranslation();
  const dates = useDateWords();
  const reader = useLanguage();
  const categoryName = useCategoryNames("announcement_categories");
  const { text, language } = wording(announcement.texts, reader);
  const over = announcement.state === "cancelled" || announcement.state === "past";
  const cancelled = announcement.kind === "cancelled";

  return (
    <li>
      <article className={`card announcement-card ${over ? "card-over" : `card-${announcement.severity}`} ${announcement.drill ? "card-drill" : ""}`}>
        <p className="card-tags">
          {announcement.drill ? (
            <span className="tag-drill">
              <Icon name="info" size="1.15em" />
              {t("announcement.drill")}
            </span>
          ) : null}
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
        <h3 lang={language}>
          <Link href={`/komunikaty/${announcement.id}`} className="card-link">
            {text.title}
          </Link>
        </h3>
        <p className="card-body" lang={language}>
          {text.body}
        </p>
        <p className="card-facts">
          <span>
            <Icon name="clock" />
            {cancelled
              ? dates.moment(new Date(announcement.updated_at))
              : dates.period(new Date(announcement.valid_from), new Date(announcement.valid_until))}
          </span>
          <span>
            <Icon name="pin" />
            {areaWords(t, announcement.area)}
          </span>
          {announcement.kind === "updated" ? (
            <span className="card-updated">{t("announcement.updated", { when: dates.moment(new Date(announcement.updated_at)) })}</span>
          ) : null}
        </p>
      </article>
    </li>
  );
}
