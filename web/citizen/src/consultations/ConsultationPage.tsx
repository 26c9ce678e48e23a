import { lazy } from "react";
import { useTranslation } from "react-i18next";
import { asProblem, EmptyState, ErrorState, Icon, Skeleton, useDateWords, useLanguage } from "@hejnal/shared";
import { Link } from "wouter";
import { MapBoundary } from "../app/MapBoundary.tsx";
import { Page } from "../app/Page.tsx";
import type { ConsultationDetail } from "../api.ts";
import { Opinions } from "./Opinions.tsx";
import { OptionList } from "./OptionList.tsx";
import { Result } from "./Result.tsx";
import { inLanguage, isOpen, useConsultation } from "./use-consultations.ts";
import { VoteForm } from "./VoteForm.tsx";

const OptionsMap = lazy(() => import("./OptionsMap.tsx"));

/** One question of the town: what it is about, what can be chosen and where that is, taking part, what came out. */
export default function ConsultationPage({ id }: { readonly id: string }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useConsultation(id);
  if (data) return <Detail consultation={data} />;
  if (error && asProblem(error).kind === "notFound") {
    return (
      <Page title={t("consultations.gone")} narrow>
        <EmptyState icon="search" title={t("consultations.goneText")}>
          <Link href="/konsultacje" className="button">
            {t("consultations.title")}
          </Link>
        </EmptyState>
      </Page>
    );
  }
  return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton />;
}

function Detail({ consultation }: { readonly consultation: ConsultationDetail }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const dates = useDateWords();
  const text = inLanguage(consultation.texts, language);
  const open = isOpen(consultation);
  return (
    <Page
      title={text?.title ?? t("consultations.title")}
      narrow
      kicker={
        <Link href="/konsultacje" className="back-link">
          <Icon name="back" />
          {t("consultations.title")}
        </Link>
      }
    >
      <p className="card-tags">
        <span className={`status status-${open ? "received" : "closed"}`}>{t(`consultations.state.${consultation.state}`)}</span>
        <span className="card-category">
          <Icon name="clock" />
          {dates.period(new Date(consultation.opens_at), new Date(consultation.closes_at))}
        </span>
      </p>
      <p className="announcement-body">{text?.body}</p>
      {consultation.options.some(({ place }) => place) ? (
        <section className="list-section">
          <h2>{t("consultations.sites")}</h2>
          <OptionList options={consultation.options} />
          <MapBoundary>
            <OptionsMap options={consultation.options} />
          </MapBoundary>
        </section>
      ) : null}
      {consultation.state === "closed" ? <Result id={consultation.id} /> : null}
      {open && consultation.vote_rule !== "none" ? <VoteForm consultation={consultation} /> : null}
      {consultation.opinions === "none" ? null : <Opinions consultation={consultation} />}
      {consultation.rules ? <p className="hint">{t("consultations.rules", { rules: consultation.rules })}</p> : null}
    </Page>
  );
}
