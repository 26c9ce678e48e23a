import { categoryIcon, EmptyState, ErrorState, Icon, Skeleton, useDateWords } from "@hejnal/shared";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { fetchReports, REPORTS_KEY, type ReportSummary } from "../api/town.ts";
import { useEvents } from "../events/EventsProvider.tsx";
import { useSettled } from "../wall/use-settled.ts";
import { QueueMap } from "./QueueMap.tsx";
import { ANY_REPORT, isNarrowed, type ReportFilter, reportQuery } from "./report-filter.ts";
import { ReportFilters } from "./ReportFilters.tsx";
import { ReportSections } from "./ReportSections.tsx";
import { ReportView } from "./ReportView.tsx";
import { StatusMark } from "./StatusMark.tsx";
import { useTown } from "./use-town.ts";
import "../styles/town-desk.css";
import "./reports.css";

const TYPING_MS = 300;

/** What residents have told the town: the queue, and the report that is open. */
export function ReportsPage({ reportId }: { readonly reportId: string | null }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const [filter, setFilter] = useState<ReportFilter>(ANY_REPORT);
  const words = useSettled(filter.words, TYPING_MS);
  const asked = reportQuery({ ...filter, words });
  const query = useInfiniteQuery({
    queryKey: [...REPORTS_KEY, "list", asked],
    queryFn: ({ pageParam }) => fetchReports(asked, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const reports = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="split">
      <section className="split-list" aria-labelledby="reports-title">
        <ReportSections />
        <header className="split-head">
          <h1 id="reports-title">{t("nav.reports")}</h1>
          {reportId === null ? null : (
            <Link href="/reports">
              <Icon name="map" size="1.1em" /> {t("reports.showMap")}
            </Link>
          )}
        </header>
        <ReportFilters filter={filter} onChange={(part) => setFilter((before) => ({ ...before, ...part }))} />
        {query.isPending ? (
          <Skeleton rows={6} />
        ) : query.isError && reports.length === 0 ? (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        ) : reports.length === 0 ? (
          isNarrowed(filter) ? (
            <EmptyState icon="search" title={t("reports.nothingFits")}>
              <Button className="button" onPress={() => setFilter({ ...ANY_REPORT, state: filter.state })}>
                {t("reports.clearFilter")}
              </Button>
            </EmptyState>
          ) : (
            <EmptyState icon="check" title={t(`reports.empty.${filter.state}`)} />
          )
        ) : (
          <ul className="cards">
            {reports.map((report) => (
              <ReportCard key={report.id} report={report} open={report.id === reportId} />
            ))}
          </ul>
        )}
        {query.hasNextPage ? (
          <Button className="button" isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
            {t("ui.older")}
          </Button>
        ) : null}
      </section>
      <section className="split-detail" aria-label={t("reports.detail")}>
        {reportId === null ? <QueueMap reports={reports} onOpen={(id) => navigate(`/reports/${id}`)} /> : <ReportView key={reportId} reportId={reportId} />}
      </section>
    </div>
  );
}

function ReportCard({ report, open }: { readonly report: ReportSummary; readonly open: boolean }) {
  const { t } = useTranslation();
  const dates = useDateWords();
  const { reportCategory } = useTown();
  const { freshReports, acknowledge } = useEvents();
  const fresh = freshReports.some((news) => news.reportId === report.id);
  return (
    <li>
      <Link href={`/reports/${report.id}`} className={["card", fresh ? "card-fresh" : ""].join(" ")} aria-current={open ? "true" : undefined} data-report={report.reference} onClick={() => acknowledge(report.id)}>
        <span className="card-head">
          <Icon name={categoryIcon(report.category)} />
          <strong>{reportCategory(report.category)}</strong>
          {fresh ? <span className="tag tag-fresh">{t("reports.fresh")}</span> : null}
          {report.urgent ? <span className="tag tag-urgent">{t("reports.urgent")}</span> : null}
          <span className="card-reference">{report.reference}</span>
        </span>
        <span className="card-text">{report.excerpt}</span>
        <span className="card-foot">
          <StatusMark status={report.status} outcome={report.outcome} />
          <span>{report.address}</span>
          {report.photos > 0 ? (
            <span className="card-photos">
              <Icon name="photo" size="1.1em" />
              <span className="visually-hidden">{t("reports.photos", { count: report.photos })}</span>
              <span aria-hidden="true">{report.photos}</span>
            </span>
          ) : null}
          <time dateTime={report.submitted_at}>{dates.moment(new Date(report.submitted_at))}</time>
        </span>
      </Link>
    </li>
  );
}
