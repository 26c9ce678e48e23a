import { EmptyState, useDateWords, useLanguage } from "@hejnal/shared";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, Route, Switch, useLocation } from "wouter";
import { type Consultation, CONSULTATIONS_KEY, fetchConsultations } from "../api/consultations.ts";
import { useSession } from "../session/session.tsx";
import { PagedList } from "../ui/PagedList.tsx";
import { MayDo } from "../ui/ProblemLine.tsx";
import { ConsultationEditor } from "./ConsultationEditor.tsx";
import { ConsultationMark } from "./ConsultationMark.tsx";
import { ConsultationView } from "./ConsultationView.tsx";
import { ResultReport } from "./ResultReport.tsx";
import { inLanguage } from "./words.ts";
import "../announcements/announcements.css";
import "../cameras/registry.css";
import "../styles/town-desk.css";
import "./consultations.css";

const CHOSEN = /^\/consultations\/([^/]+)/;

/** What the town asks its residents: sites of cameras and other questions, from the draft to the result. */
export function ConsultationsPage() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [location] = useLocation();
  const chosen = CHOSEN.exec(location)?.[1] ?? null;
  const query = useInfiniteQuery({
    queryKey: [...CONSULTATIONS_KEY, "list"],
    queryFn: ({ pageParam }) => fetchConsultations(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: 60_000,
  });
  const write = may("writeConsultations");
  return (
    <div className="split consultations">
      <section className="split-list" aria-labelledby="consultations-title">
        <header className="split-head">
          <h1 id="consultations-title">{t("nav.consultations")}</h1>
          {write ? (
            <Link href="/consultations/new" className="button button-primary">
              {t("consultations.new")}
            </Link>
          ) : (
            <p className="soft">
              <MayDo act="writeConsultations" />
            </p>
          )}
        </header>
        <PagedList query={query} empty={<EmptyState icon="megaphone" title={write ? t("consultations.none") : t("consultations.noneYet")} />}>
          {(consultations) => (
            <ul className="cards">
              {consultations.map((consultation) => (
                <Card key={consultation.id} consultation={consultation} isOpen={consultation.id === chosen} />
              ))}
            </ul>
          )}
        </PagedList>
      </section>
      <section className="split-detail" aria-label={t("consultations.detail")}>
        <Switch>
          {write ? <Route path="/consultations/new">{() => <ConsultationEditor consultationId={null} />}</Route> : null}
          {write ? <Route path="/consultations/:id/edit">{({ id }) => <ConsultationEditor key={id} consultationId={id} />}</Route> : null}
          <Route path="/consultations/:id/result">{({ id }) => <ResultReport key={id} consultationId={id} />}</Route>
          <Route path="/consultations/:id">{({ id }) => <ConsultationView key={id} consultationId={id} />}</Route>
          <Route>{() => <EmptyState icon="megaphone" title={t("consultations.choose")} />}</Route>
        </Switch>
      </section>
    </div>
  );
}

function Card({ consultation, isOpen }: { readonly consultation: Consultation; readonly isOpen: boolean }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const dates = useDateWords();
  const waiting = consultation.opinions_waiting;
  return (
    <li>
      <Link
        href={`/consultations/${consultation.id}`}
        className={consultation.state === "closed" ? "card card-muted" : waiting > 0 || consultation.state === "counting" ? "card card-fresh" : "card"}
        aria-current={isOpen ? "true" : undefined}
        data-consultation={consultation.id}
      >
        <span className="card-head">
          <strong>{inLanguage(consultation.texts, language)?.title}</strong>
        </span>
        <span className="card-foot">
          <ConsultationMark state={consultation.state} />
          <span>{dates.period(new Date(consultation.opens_at), new Date(consultation.closes_at))}</span>
          {consultation.vote_rule === "none" ? null : <span>{t("consultations.voters", { count: consultation.voters })}</span>}
          {waiting > 0 ? <span className="attention">{t("consultations.opinionsWait", { count: waiting })}</span> : null}
        </span>
      </Link>
    </li>
  );
}
