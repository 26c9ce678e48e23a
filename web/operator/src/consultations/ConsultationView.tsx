import { Icon, useDateWords, useLanguage } from "@hejnal/shared";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { useNames } from "../accounts/use-names.ts";
import { closeConsultation, type Consultation, consultationKey, CONSULTATIONS_KEY, fetchConsultation, openConsultation } from "../api/consultations.ts";
import { useSession } from "../session/session.tsx";
import { useAnnounce } from "../shell/Announcer.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { Loaded } from "../ui/Loaded.tsx";
import { ConsultationMark } from "./ConsultationMark.tsx";
import { OpinionsRoom } from "./OpinionsRoom.tsx";
import { OptionsMap } from "./OptionsMap.tsx";
import { PaperDialog } from "./PaperDialog.tsx";
import { inLanguage, siteWords } from "./words.ts";

/** One consultation as residents read it, how it stands, and what can be done with it now. */
export function ConsultationView({ consultationId }: { readonly consultationId: string }) {
  const query = useQuery({ queryKey: consultationKey(consultationId), queryFn: () => fetchConsultation(consultationId), refetchInterval: 30_000 });
  return <Loaded query={query}>{(consultation) => <Opened consultation={consultation} />}</Loaded>;
}

type Asked = "opening" | "closure" | "paper" | null;

function Opened({ consultation }: { readonly consultation: Consultation }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const dates = useDateWords();
  const name = useNames();
  const { may } = useSession();
  const [asked, setAsked] = useState<Asked>(null);
  const { state, options } = consultation;
  const text = inLanguage(consultation.texts, language);
  const write = may("writeConsultations");
  const close = () => setAsked(null);
  return (
    <article className="report" data-consultation-state={state}>
      <header className="report-head">
        <p className="report-marks">
          <ConsultationMark state={state} />
          <span>{t(`consultations.kind.${consultation.kind}`)}</span>
          <span className="soft">{dates.period(new Date(consultation.opens_at), new Date(consultation.closes_at))}</span>
        </p>
        <h2>{text?.title}</h2>
        <p className="soft">{t(`consultations.next.${state}`)}</p>
      </header>
      <div className="form-actions">
        {write && state === "draft" ? (
          <Button className="button button-primary" onPress={() => setAsked("opening")}>
            {t("consultations.open")}
          </Button>
        ) : null}
        {write && (state === "draft" || state === "scheduled") ? (
          <Link href={`/consultations/${consultation.id}/edit`} className="button">
            {t("consultations.edit")}
          </Link>
        ) : null}
        {state === "open" || state === "counting" ? (
          <Button className="button" onPress={() => setAsked("paper")}>
            {t("consultations.enterPaper")}
          </Button>
        ) : null}
        {state === "draft" || state === "scheduled" ? null : (
          <Link href={`/consultations/${consultation.id}/result`} className={state === "closed" ? "button button-primary" : "button"}>
            {state === "closed" ? t("consultations.result") : t("consultations.resultSoFar")}
          </Link>
        )}
        {write && (state === "open" || state === "counting") ? (
          <Button className={state === "counting" ? "button button-primary" : "button button-attention"} onPress={() => setAsked("closure")}>
            {t("consultations.close")}
          </Button>
        ) : null}
      </div>
      <div className="report-columns">
        <div className="report-words">
          <p className="report-text">{text?.body}</p>
          {options.length === 0 ? null : (
            <section>
              <h3>{consultation.kind === "camera_site" ? t("consultations.sites") : t("consultations.options")}</h3>
              <ul className="plain-list">
                {options.map((option) => (
                  <li key={option.code}>
                    <Icon name={option.place === null || option.place === undefined ? "list" : "pin"} /> <strong>{inLanguage(option.names, language)}</strong>
                    <span className="soft cell-line">{siteWords(t, option)}</span>
                  </li>
                ))}
              </ul>
            </section>
          )}
          {consultation.opinions === "none" ? null : <OpinionsRoom consultation={consultation} />}
        </div>
        <aside className="report-place">
          <dl className="facts">
            <Fact word={t("consultations.whoVotes")}>{t(`consultations.voteRule.${consultation.vote_rule}`)}</Fact>
            {consultation.vote_rule === "none" ? null : (
              <>
                <Fact word={t("consultations.mostChoices")}>{consultation.most_choices}</Fact>
                <Fact word={t("consultations.votersSoFar")}>{consultation.voters}</Fact>
              </>
            )}
            <Fact word={t("consultations.opinionsField")}>{t(`consultations.opinionRule.${consultation.opinions}`)}</Fact>
            {consultation.rules === "" ? null : <Fact word={t("consultations.rules")}>{consultation.rules}</Fact>}
            <Fact word={t("consultations.by")}>{name(consultation.created_by)}</Fact>
          </dl>
          <p className="soft">{inLanguage(consultation.vote_statement, language)}</p>
          <OptionsMap options={options} />
        </aside>
      </div>
      {asked === "paper" ? <PaperDialog consultation={consultation} onClose={close} /> : null}
      {asked === "opening" ? <StepDialog consultation={consultation} step="opening" onClose={close} /> : null}
      {asked === "closure" ? <StepDialog consultation={consultation} step="closure" onClose={close} /> : null}
    </article>
  );
}

function Fact({ word, children }: { readonly word: string; readonly children: React.ReactNode }) {
  return (
    <>
      <dt>{word}</dt>
      <dd>{children}</dd>
    </>
  );
}

interface StepDialogProps {
  readonly consultation: Consultation;
  readonly step: "opening" | "closure";
  readonly onClose: () => void;
}

/** Showing it to everybody, or ending it for good: neither can be taken back. */
function StepDialog({ consultation, step, onClose }: StepDialogProps) {
  const { t } = useTranslation();
  const dates = useDateWords();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const change = useMutation({
    mutationFn: () => (step === "opening" ? openConsultation(consultation) : closeConsultation(consultation)),
    onSuccess: (changed) => {
      announce(t(`consultations.done.${step}`));
      queryClient.setQueryData(consultationKey(changed.id), changed);
      onClose();
    },
    onSettled: () => void queryClient.invalidateQueries({ queryKey: CONSULTATIONS_KEY }),
  });
  const early = step === "closure" && consultation.state === "open";
  return (
    <FormDialog title={t(`consultations.dialog.${step}`)} submit={t(`consultations.do.${step}`)} grave pending={change.isPending} error={change.error} act="writeConsultations" onSubmit={() => change.mutate()} onClose={onClose}>
      <p>{t(`consultations.means.${step}`, { opens: dates.moment(new Date(consultation.opens_at)), closes: dates.moment(new Date(consultation.closes_at)) })}</p>
      {early ? <p className="attention">{t("consultations.closesEarly", { when: dates.moment(new Date(consultation.closes_at)) })}</p> : null}
      {step === "closure" && consultation.opinions_waiting > 0 ? <p className="attention">{t("consultations.opinionsWait", { count: consultation.opinions_waiting })}</p> : null}
    </FormDialog>
  );
}
