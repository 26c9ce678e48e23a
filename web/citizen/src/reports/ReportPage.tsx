import { useTranslation } from "react-i18next";
import { asProblem, categoryIcon, EmptyState, ErrorState, Icon, Skeleton, useDateWords } from "@hejnal/shared";
import { Link, useLocation, useSearchParams } from "wouter";
import { Page } from "../app/Page.tsx";
import type { ReporterView } from "../api.ts";
import { useCategoryNames } from "../town/use-town.ts";
import { followToken, unfollow } from "./followed.ts";
import { photoAddress } from "./photo-address.ts";
import { ReportAnswers } from "./ReportAnswers.tsx";
import { ReportEnd } from "./ReportEnd.tsx";
import { ReportThread } from "./ReportThread.tsx";
import { StatusBadge, useNextStep } from "./StatusBadge.tsx";
import { useReport } from "./use-report.ts";

/** One report as its author sees it: how it stands, what happens next, what the town has answered. */
export default function ReportPage({ id }: { readonly id: string }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const [search] = useSearchParams();
  const token = search.get("token") ?? followToken(id);
  const { data, error, refetch } = useReport(id, token);
  if (data) return <Report report={data} token={token} />;
  if (error && asProblem(error).kind === "notFound") {
    return (
      <Page title={t("reports.missing")} narrow>
        <EmptyState icon="search" title={t("reports.missingText")}>
          <div className="actions">
            <Link href={`/logowanie?dalej=/zgloszenia/${id}`} className="button-primary">
              {t("shell.signIn")}
            </Link>
            {followToken(id) ? (
              <button
                type="button"
                className="button"
                onClick={() => {
                  unfollow(id);
                  navigate("/zgloszenia");
                }}
              >
                {t("reports.forget")}
              </button>
            ) : null}
          </div>
        </EmptyState>
      </Page>
    );
  }
  return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton />;
}

function Report({ report, token }: { readonly report: ReporterView; readonly token: string | undefined }) {
  const { t } = useTranslation();
  const dates = useDateWords();
  const nextStep = useNextStep();
  const categoryName = useCategoryNames("report_categories");
  return (
    <Page
      title={t("reports.one", { reference: report.reference.replaceAll("-", "\u2011") })}
      narrow
      kicker={
        <Link href="/zgloszenia" className="back-link">
          <Icon name="back" />
          {t("reports.title")}
        </Link>
      }
    >
      <div className="standing">
        <StatusBadge status={report.status} outcome={report.outcome} />
        <p>{report.merged_into ? t("reports.mergedInto", { reference: report.merged_into }) : nextStep(report)}</p>
        {report.me_too ? <p className="hint">{t("reports.meToo", { count: report.me_too })}</p> : null}
      </div>
      <ReportEnd report={report} token={token} />
      <section className="list-section">
        <h2>{t("reports.history")}</h2>
        <ol className="timeline">
          {report.events.map((event) => (
            <li key={`${event.at}/${event.status}`}>
              <p className="timeline-head">
                <StatusBadge status={event.status} outcome={event.outcome} />
                <time dateTime={event.at}>{dates.moment(new Date(event.at))}</time>
              </p>
              {event.answer ? <p className="plain-text">{event.answer}</p> : null}
            </li>
          ))}
        </ol>
      </section>
      <section className="list-section">
        <h2>{t("reports.yourText")}</h2>
        <p className="card-category">
          <Icon name={categoryIcon(report.category)} />
          {categoryName(report.category)}
        </p>
        <p className="plain-text">{report.text}</p>
        <ReportAnswers category={report.category} answers={report.answers} />
        <p>
          <Icon name="pin" /> {report.address || t("report.place.unknown")}
        </p>
      </section>
      {report.photos.length ? (
        <section className="list-section">
          <h2>{t("reports.photos")}</h2>
          <ul className="photo-list">
            {report.photos.map((photo, index) => (
              <li key={photo.id}>
                <a href={photoAddress(photo.url, { token })}>
                  <img
                    src={photoAddress(photo.url, { token, thumb: true })}
                    alt={t("reports.photo", { number: index + 1, total: report.photos.length })}
                  />
                </a>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      <ReportThread report={report} token={token} />
    </Page>
  );
}
