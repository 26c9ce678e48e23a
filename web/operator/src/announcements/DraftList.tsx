import { categoryIcon, EmptyState, ErrorState, Icon, SeverityBadge, Skeleton, useDateWords, useLanguage } from "@hejnal/shared";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { AnnouncementDraftSummary } from "../api/announcement-drafts.ts";
import { useTown } from "../reports/use-town.ts";
import { GROUPS } from "./draft-lists.ts";
import { useDrafts } from "./use-drafts.ts";

/** What is not out yet: what waits for whom, what waits for its hour, what is being written. */
export function DraftList({ openId }: { readonly openId: string | null }) {
  const { t } = useTranslation();
  const { query, groups } = useDrafts();
  if (query.isPending) return <Skeleton rows={5} />;
  if (query.data === undefined) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data.length === 0) return <EmptyState icon="check" title={t("drafts.none")} />;
  return (
    <>
      {GROUPS.map((group) => {
        const drafts = groups.get(group) ?? [];
        return drafts.length === 0 ? null : (
          <section key={group} aria-labelledby={`drafts-${group}`}>
            <h2 id={`drafts-${group}`} className="list-head">
              {t(`drafts.group.${group}`)}
            </h2>
            <ul className="cards">
              {drafts.map((draft) => (
                <DraftCard key={draft.id} draft={draft} open={draft.id === openId} waits={group === "mine"} />
              ))}
            </ul>
          </section>
        );
      })}
    </>
  );
}

function DraftCard({ draft, open, waits }: { readonly draft: AnnouncementDraftSummary; readonly open: boolean; readonly waits: boolean }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const dates = useDateWords();
  const { announcementCategory } = useTown();
  const { content } = draft;
  const category = content.category ?? "";
  const title = content.texts[language]?.title ?? content.texts.pl?.title ?? "";
  return (
    <li>
      <Link href={`/announcements/drafts/${draft.id}`} className={waits ? "card card-fresh" : "card"} aria-current={open ? "true" : undefined} data-draft={draft.id}>
        <span className="card-head">
          <Icon name={categoryIcon(category)} />
          {category === "" ? null : <span>{announcementCategory(category)}</span>}
          {content.severity === null || content.severity === undefined ? null : <SeverityBadge severity={content.severity} />}
          {content.drill ? <span className="tag tag-drill">{t("drill.title")}</span> : null}
        </span>
        <strong className="card-title">{title === "" ? t("drafts.untitled") : title}</strong>
        <span className="card-foot">
          <span>{t(`drafts.state.${draft.state}`)}</span>
          {content.announcement_id === null || content.announcement_id === undefined ? null : <span>{t("drafts.isUpdate")}</span>}
          {draft.state === "scheduled" && content.publish_at !== null && content.publish_at !== undefined ? (
            <span>{dates.moment(new Date(content.publish_at))}</span>
          ) : (
            <time dateTime={draft.changed_at}>{dates.moment(new Date(draft.changed_at))}</time>
          )}
        </span>
      </Link>
    </li>
  );
}
