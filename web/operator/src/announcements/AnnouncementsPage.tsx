import { categoryIcon, EmptyState, ErrorState, Icon, SeverityBadge, Skeleton, useDateWords, useLanguage } from "@hejnal/shared";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, Route, Switch, useLocation } from "wouter";
import { type Announcement, ANNOUNCEMENTS_KEY, fetchAnnouncements } from "../api/town.ts";
import { useSession } from "../session/session.tsx";
import { useTown } from "../reports/use-town.ts";
import { MayDo } from "../ui/ProblemLine.tsx";
import { AnnouncementSections } from "./AnnouncementSections.tsx";
import { AnnouncementView } from "./AnnouncementView.tsx";
import { DraftList } from "./DraftList.tsx";
import { EditorPage } from "./EditorPage.tsx";
import { newest, tally } from "./progress.ts";
import { StateMark } from "./StateMark.tsx";
import { wording } from "./wording.ts";
import "../styles/town-desk.css";
import "./announcements.css";

const LIVE_MS = 5_000;
/** What was issued just now is through within a second or two. */
const FRESH_MS = 1_000;
const DRAFT = /^\/announcements\/drafts(?:\/([^/]+))?$/;
/** One pattern for all ways of writing: what is written stays mounted while it gets an address of its own. */
const WRITING = /^\/announcements\/(?:new|drafts\/(?<draftId>[^/]+)|(?<announcementId>[^/]+)\/update)$/;

/** What the town has said and is saying; the editor writes here. */
export function AnnouncementsPage() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [location] = useLocation();
  const drafts = DRAFT.exec(location);
  const query = useInfiniteQuery({
    queryKey: [...ANNOUNCEMENTS_KEY, "list"],
    queryFn: ({ pageParam }) => fetchAnnouncements(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: (state) => paceOf(state.state.data?.pages.flatMap((page) => page.items) ?? []),
  });
  return (
    <div className="split">
      <section className="split-list" aria-labelledby="announcements-title">
        <AnnouncementSections />
        <header className="split-head">
          <h1 id="announcements-title">{drafts === null ? t("nav.announcements") : t("drafts.title")}</h1>
          {may("writeAnnouncements") ? (
            <Link href="/announcements/new" className="button button-primary">
              <Icon name="megaphone" /> {t("announcements.new")}
            </Link>
          ) : (
            <p className="soft">
              <MayDo act="writeAnnouncements" />
            </p>
          )}
        </header>
        {drafts !== null ? <DraftList openId={drafts[1] ?? null} /> : <Issued query={query} />}
      </section>
      <section className="split-detail" aria-label={t("announcements.detail")}>
        <Switch>
          <Route path={WRITING}>{({ draftId, announcementId }: { draftId?: string; announcementId?: string }) => <EditorPage draftId={draftId ?? null} announcementId={announcementId ?? null} />}</Route>
          <Route path="/announcements/drafts">{() => <EmptyState icon="megaphone" title={t("drafts.choose")} />}</Route>
          <Route path="/announcements/:id">{({ id }) => <AnnouncementView key={id} announcementId={id} />}</Route>
          <Route>{() => <EmptyState icon="megaphone" title={t("announcements.choose")} />}</Route>
        </Switch>
      </section>
    </div>
  );
}

/** How long until the list is asked for again. */
function paceOf(announcements: readonly Announcement[]): number {
  const goingOut = announcements.filter(isGoingOut);
  if (goingOut.some(isYoung)) return FRESH_MS;
  return goingOut.length > 0 ? LIVE_MS : 30_000;
}

function isYoung(announcement: Announcement): boolean {
  return Date.now() - Date.parse(announcement.updated_at) < 60_000;
}

function isGoingOut(announcement: Announcement): boolean {
  const last = newest(announcement.progress);
  return last === null || last.version < announcement.version ? isYoung(announcement) : !last.finished;
}

interface IssuedQuery {
  readonly data: { readonly pages: readonly { readonly items: readonly Announcement[] }[] } | undefined;
  readonly error: unknown;
  readonly isPending: boolean;
  readonly isError: boolean;
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly refetch: () => unknown;
  readonly fetchNextPage: () => unknown;
}

/** What is out, was out, or comes out. */
function Issued({ query }: { readonly query: IssuedQuery }) {
  const { t } = useTranslation();
  const announcements = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
        {query.isPending ? (
          <Skeleton rows={6} />
        ) : query.isError && announcements.length === 0 ? (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        ) : announcements.length === 0 ? (
          <EmptyState icon="megaphone" title={t("announcements.empty")} />
        ) : (
          <ul className="cards">
            {announcements.map((announcement) => (
              <AnnouncementCard key={announcement.id} announcement={announcement} />
            ))}
          </ul>
        )}
        {query.hasNextPage ? (
          <Button className="button" isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
            {t("ui.older")}
          </Button>
        ) : null}
    </>
  );
}

function AnnouncementCard({ announcement }: { readonly announcement: Announcement }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const dates = useDateWords();
  const { announcementCategory } = useTown();
  const last = newest(announcement.progress);
  const counts = last === null ? null : tally(last);
  const muted = announcement.state === "past" || announcement.state === "cancelled";
  return (
    <li>
      <Link href={`/announcements/${announcement.id}`} className={muted ? "card card-muted" : "card"} data-announcement={announcement.id}>
        <span className="card-head">
          <Icon name={categoryIcon(announcement.category)} />
          <span>{announcementCategory(announcement.category)}</span>
          <SeverityBadge severity={announcement.severity} />
          {announcement.drill ? <span className="tag">{t("announcements.drill")}</span> : null}
        </span>
        <strong className="card-title">{wording(announcement.texts, language).title}</strong>
        <span className="card-foot">
          <StateMark state={announcement.state} version={announcement.version} />
          <span>{dates.period(new Date(announcement.valid_from), new Date(announcement.valid_until))}</span>
        </span>
        {counts === null || counts.total === 0 ? null : (
          <span className="card-foot">
            {t("announcements.reached", { reached: counts.reached, total: counts.total })}
            {counts.failed > 0 ? <span className="attention">{t("announcements.failed", { count: counts.failed })}</span> : null}
          </span>
        )}
      </Link>
    </li>
  );
}
