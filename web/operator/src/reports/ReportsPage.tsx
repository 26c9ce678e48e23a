import { categoryIcon, EmptyState, ErrorState, Icon, Skeleton, useDateWords } from "@hejnal/shared";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { fetchReports, REPORTS_KEY, type ReportStatus, type ReportSummary } from "../api/town.ts";
import { useEvents } from "../events/EventsProvider.tsx";
import { ReportView } from "./ReportView.tsx";
import { StatusMark } from "./StatusMark.tsx";
import { useTown } from "./use-town.ts";
import "./reports.css";

const FILTERS = { open: ["received", "in_progress", "planned"], fresh: ["received"], closed: ["closed"], all: [] } as const satisfies Record<string, readonly ReportStatus[]>;
type Filter = keyof typeof FILTERS;
const FILTER_ORDER: readonly Filter[] = ["open", "fresh", "closed", "all"];

/** What residents have told the town: the queue, and the report that is open. */
export function ReportsPage({ reportId }: { readonly reportId: string | null }) {
  const { t } = useTranslation();
  const [filter, setFilter] = useState<Filter>("open");
  const query = useInfiniteQuery({
    queryKey: [...REPORTS_KEY, "list", filter],
    queryFn: ({ pageParam }) => fetchReports(FILTERS[filter], pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const reports = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="split">
      <section className="split-list" aria-labelledby="reports-title">
        <header className="split-head">
          <h1 id="reports-title">{t("nav.reports")}</h1>
          <ToggleButtonGroup
            className="segmented"
            aria-label={t("reports.filter")}
            selectionMode="single"
            disallowEmptySelection
            selectedKeys={[filter]}
            onSelectionChange={(keys) => {
              const next = FILTER_ORDER.find((each) => keys.has(each));
              if (next !== undefined) setFilter(next);
            }}
          >
            {FILTER_ORDER.map((each) => (
              <ToggleButton key={each} id={each} className="segment">
                {t(`reports.filters.${each}`)}
              </ToggleButton>
            ))}
          </ToggleButtonGroup>
        </header>
        {query.isPending ? (
          <Skeleton rows={6} />
        ) : query.isError && reports.length === 0 ? (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        ) : reports.length === 0 ? (
          <EmptyState icon="check" title={t(`reports.empty.${filter}`)} />
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
        {reportId === null ? <EmptyState icon="pin" title={t("reports.choose")} /> : <ReportView key={reportId} reportId={reportId} />}
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
