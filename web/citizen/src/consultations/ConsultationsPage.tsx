import { useTranslation } from "react-i18next";
import { EmptyState, ErrorState, Icon, Skeleton, useDateWords, useLanguage } from "@hejnal/shared";
import { Link } from "wouter";
import { Page } from "../app/Page.tsx";
import type { Consultation } from "../api.ts";
import { inLanguage, isOpen, useConsultations } from "./use-consultations.ts";

/** What the town asks its residents: what is open first, what is over below. */
export default function ConsultationsPage() {
  const { t } = useTranslation();
  const { data, error, isPending, refetch } = useConsultations();
  const items = data?.items ?? [];
  const open = items.filter(isOpen);
  const others = items.filter((item) => !isOpen(item));
  return (
    <Page title={t("consultations.title")}>
      <p className="lead">{t("consultations.lead")}</p>
      {isPending ? <Skeleton /> : null}
      {error && !data ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {data && !open.length ? (
        <EmptyState icon="check" title={t("consultations.none")}>
          <p>{t("consultations.noneText")}</p>
        </EmptyState>
      ) : null}
      <Cards items={open} title={t("consultations.open")} />
      <Cards items={others} title={t("consultations.others")} />
    </Page>
  );
}

function Cards({ items, title }: { readonly items: readonly Consultation[]; readonly title: string }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const dates = useDateWords();
  if (!items.length) return null;
  return (
    <section className="list-section">
      <h2>{title}</h2>
      {/* eslint-disable-next-line jsx-a11y/no-redundant-roles -- a list without bullets is none to VoiceOver */}
      <ul className="cards" role="list">
        {items.map((consultation) => {
          const text = inLanguage(consultation.texts, language);
          return (
            <li key={consultation.id}>
              <article className="card">
                <p className="card-tags">
                  <span className={`status status-${isOpen(consultation) ? "received" : "closed"}`}>{t(`consultations.state.${consultation.state}`)}</span>
                  <span className="card-category">
                    <Icon name={consultation.kind === "camera_site" ? "camera" : "other"} />
                    {t(`consultations.kind.${consultation.kind}`)}
                  </span>
                </p>
                <h3>
                  <Link href={`/konsultacje/${consultation.id}`} className="card-link">
                    {text?.title}
                  </Link>
                </h3>
                <p className="card-body">{text?.body}</p>
                <p className="card-facts">
                  <span>
                    <Icon name="clock" />
                    {dates.period(new Date(consultation.opens_at), new Date(consultation.closes_at))}
                  </span>
                </p>
              </article>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
