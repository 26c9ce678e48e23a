import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { answer, categoryIcon, EmptyState, ErrorState, Icon, Skeleton, useDateWords } from "@hejnal/shared";
import { Link } from "wouter";
import { Page } from "../app/Page.tsx";
import { api, type ReporterView } from "../api.ts";
import { useMe } from "../residents/use-me.ts";
import { useCategoryNames } from "../town/use-town.ts";
import { type FollowedReport, useFollowed } from "./followed.ts";
import { OutboxNotice } from "./OutboxNotice.tsx";
import { StatusBadge, useNextStep } from "./StatusBadge.tsx";
import { useReport } from "./use-report.ts";

/** Reports of the signed-in resident, and those sent from this device without an account. */
export default function MyReportsPage() {
  const { t } = useTranslation();
  const { data: me } = useMe();
  const followed = useFollowed();
  const mine = useQuery({
    queryKey: ["my-reports", me?.id],
    queryFn: () => answer(api.GET("/api/v1/me/reports")),
    enabled: Boolean(me),
  });
  const own = mine.data?.items ?? [];
  const ownIds = new Set(own.map(({ id }) => id));
  const others = followed.filter(({ id }) => !ownIds.has(id));
  const empty = !own.length && !others.length && !(me && mine.isPending);

  return (
    <Page title={t("reports.title")}>
      <OutboxNotice />
      {me ? null : (
        <p className="lead-line">
          {t("reports.device")} <Link href="/logowanie?dalej=/zgloszenia">{t("shell.signIn")}</Link>
        </p>
      )}
      {me && mine.isPending ? <Skeleton /> : null}
      {mine.error ? <ErrorState error={mine.error} onRetry={() => void mine.refetch()} /> : null}
      {empty && !mine.error ? (
        <EmptyState icon="list" title={t("reports.empty")}>
          <p>{t("reports.emptyText")}</p>
          <Link href="/zglos" className="button-primary">
            {t("home.reportAction")}
          </Link>
        </EmptyState>
      ) : null}
      {/* eslint-disable-next-line jsx-a11y/no-redundant-roles -- a list without bullets is none to VoiceOver */}
      <ul className="cards" role="list">
        {own.map((report) => (
          <ReportCard key={report.id} report={report} />
        ))}
        {others.map((report) => (
          <FollowedCard key={report.id} followed={report} />
        ))}
      </ul>
    </Page>
  );
}

function FollowedCard({ followed }: { readonly followed: FollowedReport }) {
  const { data } = useReport(followed.id, followed.token);
  const categoryName = useCategoryNames("report_categories");
  if (data) return <ReportCard report={data} />;
  return (
    <li>
      <article className="card">
        <h2 className="card-title">
          <Link href={`/zgloszenia/${followed.id}`} className="card-link">
            {categoryName(followed.category)}
          </Link>
        </h2>
        <p className="card-facts">{followed.reference}</p>
      </article>
    </li>
  );
}

function ReportCard({ report }: { readonly report: ReporterView }) {
  const { t } = useTranslation();
  const dates = useDateWords();
  const nextStep = useNextStep();
  const categoryName = useCategoryNames("report_categories");
  return (
    <li>
      <article className="card">
        <p className="card-tags">
          <StatusBadge status={report.status} outcome={report.outcome} />
          <span className="card-category">
            <Icon name={categoryIcon(report.category)} />
            {categoryName(report.category)}
          </span>
        </p>
        <h2 className="card-title">
          <Link href={`/zgloszenia/${report.id}`} className="card-link">
            {report.text.length > 90 ? `${report.text.slice(0, 90)}…` : report.text}
          </Link>
        </h2>
        <p className="card-body">{nextStep(report)}</p>
        <p className="card-facts">
          <span>{t("reports.reference", { reference: report.reference })}</span>
          <span>{t("reports.sentAt", { when: dates.moment(new Date(report.submitted_at)) })}</span>
          {report.address ? (
            <span>
              <Icon name="pin" />
              {report.address}
            </span>
          ) : null}
        </p>
      </article>
    </li>
  );
}
