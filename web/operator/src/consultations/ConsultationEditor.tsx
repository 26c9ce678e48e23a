import { asProblem, EmptyState } from "@hejnal/shared";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { changeConsultation, type Consultation, consultationKey, CONSULTATIONS_KEY, draftConsultation, fetchConsultation } from "../api/consultations.ts";
import { idempotencyKey } from "../api/client.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { RadioChoice } from "../ui/Choice.tsx";
import { Field, NumberField } from "../ui/Field.tsx";
import { Loaded } from "../ui/Loaded.tsx";
import { MomentField } from "../ui/MomentField.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { WordingField } from "../ui/WordingField.tsx";
import { consultationBody, consultationFaults, type ConsultationForm, formOf, newConsultation, OPINION_RULES, VOTE_RULES } from "./consultation-form.ts";
import { OptionsField } from "./OptionsField.tsx";

const KINDS = ["camera_site", "question"] as const;

/** Writes a consultation that nobody sees yet, or changes one that has not begun. */
export function ConsultationEditor({ consultationId }: { readonly consultationId: string | null }) {
  return consultationId === null ? <Form consultation={null} onStartAgain={() => undefined} /> : <Change consultationId={consultationId} />;
}

/** What is being written stays what it is while the list hears of changes; only who asks for it begins from the new state. */
function Change({ consultationId }: { readonly consultationId: string }) {
  const { t } = useTranslation();
  const [round, setRound] = useState(0);
  const query = useQuery({ queryKey: consultationKey(consultationId), queryFn: () => fetchConsultation(consultationId), refetchOnMount: "always" });
  return (
    <Loaded query={{ ...query, isPending: query.isPending || !query.isFetchedAfterMount }}>
      {(consultation) =>
        consultation.state === "draft" || consultation.state === "scheduled" ? (
          <Form key={round} consultation={consultation} onStartAgain={() => void query.refetch().then(() => setRound((before) => before + 1))} />
        ) : (
          <EmptyState icon="megaphone" title={t("consultations.begun")} />
        )
      }
    </Loaded>
  );
}

interface FormProps {
  readonly consultation: Consultation | null;
  readonly onStartAgain: () => void;
}

function Form({ consultation: current, onStartAgain }: FormProps) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [, navigate] = useLocation();
  const [consultation] = useState(current);
  const [form, setForm] = useState<ConsultationForm>(() => (consultation === null ? newConsultation(Date.now()) : formOf(consultation)));
  const [nowMs, setNowMs] = useState(() => Date.now());
  const [shown, setShown] = useState(false);
  const [key] = useState(idempotencyKey);
  const summary = useRef<HTMLDivElement>(null);
  const faults = consultationFaults(form, nowMs);
  const wrong = shown ? faults : [];
  const change = (part: Partial<ConsultationForm>) => setForm((before) => ({ ...before, ...part }));
  const save = useMutation({
    mutationFn: () => (consultation === null ? draftConsultation(consultationBody(form), key) : changeConsultation(consultation, consultationBody(form))),
    onSuccess: (saved) => {
      announce(t("consultations.saved"));
      queryClient.setQueryData(consultationKey(saved.id), saved);
      navigate(`/consultations/${saved.id}`);
    },
    onSettled: () => void queryClient.invalidateQueries({ queryKey: [...CONSULTATIONS_KEY, "list"] }),
  });
  useEffect(() => {
    if (shown) summary.current?.focus();
  }, [shown]);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setNowMs(Date.now());
    setShown(true);
    summary.current?.focus();
    if (faults.length === 0 && !save.isPending) save.mutate();
  };
  const conflict = save.isError && asProblem(save.error).kind === "conflict";
  return (
    <form className="form desk-form" onSubmit={submit} noValidate aria-labelledby="consultation-form-title">
      <h2 id="consultation-form-title">{consultation === null ? t("consultations.new") : t("consultations.editTitle")}</h2>
      {wrong.length > 0 ? (
        <div className="faults" role="alert" tabIndex={-1} ref={summary}>
          <p>{t("editor.toFix", { count: wrong.length })}</p>
          <ul>
            {wrong.map((fault) => (
              <li key={fault}>{t(`consultations.fault.${fault}`)}</li>
            ))}
          </ul>
        </div>
      ) : null}
      <RadioChoice legend={t("consultations.about")} options={KINDS.map((kind) => ({ value: kind, label: t(`consultations.kind.${kind}`) }))} value={form.kind} onChange={(kind) => change({ kind })} />
      <WordingField label={t("consultations.titleField")} help={t("consultations.wordsHelp")} value={form.titles} maxLength={160} required={["pl"]} isInvalid={wrong.includes("titlePl")} onChange={(titles) => change({ titles })} />
      <WordingField label={t("consultations.bodyField")} value={form.bodies} maxLength={8000} rows={6} required={["pl"]} isInvalid={wrong.includes("titlePl")} onChange={(bodies) => change({ bodies })} />
      <OptionsField options={form.options} sites={form.kind === "camera_site"} shown={shown} onChange={(options) => change({ options })} />
      <fieldset className="fieldset">
        <legend>{t("consultations.takingPart")}</legend>
        <RadioChoice legend={t("consultations.whoVotes")} options={VOTE_RULES.map((rule) => ({ value: rule, label: t(`consultations.voteRule.${rule}`) }))} value={form.voteRule} isInvalid={wrong.includes("nothing")} onChange={(voteRule) => change({ voteRule })} />
        <p className="field-help">{t(`consultations.voteRuleHelp.${form.voteRule}`)}</p>
        {form.voteRule === "none" ? null : <NumberField label={t("consultations.mostChoices")} value={form.mostChoices} min={1} max={Math.max(1, form.options.length)} isInvalid={wrong.includes("mostChoices")} onChange={(mostChoices) => change({ mostChoices })} />}
        <RadioChoice
          legend={t("consultations.opinionsField")}
          options={OPINION_RULES.map((rule) => ({ value: rule, label: t(`consultations.opinionRule.${rule}`) }))}
          value={form.opinions}
          isInvalid={wrong.includes("nothing")}
          onChange={(opinions) => change({ opinions })}
        />
      </fieldset>
      <div className="field-row">
        <MomentField label={t("consultations.opensAt")} value={form.opensAt} isInvalid={wrong.includes("times")} onChange={(opensAt) => change({ opensAt })} />
        <MomentField label={t("consultations.closesAt")} value={form.closesAt} isInvalid={wrong.includes("times") || wrong.includes("past")} onChange={(closesAt) => change({ closesAt })} />
      </div>
      <Field label={t("consultations.rules")} help={t("consultations.rulesHelp")} value={form.rules} maxLength={300} onChange={(rules) => change({ rules })} />
      <ProblemLine error={save.error} act="writeConsultations" words={conflict ? t("consultations.changedMeanwhile") : null} />
      {conflict ? (
        <Button className="link-button" onPress={onStartAgain}>
          {t("consultations.startAgain")}
        </Button>
      ) : null}
      <div className="form-actions">
        <Button type="submit" className="button button-primary" isPending={save.isPending}>
          {consultation === null ? t("consultations.saveDraft") : t("registry.save")}
        </Button>
        <Link href={consultation === null ? "/consultations" : `/consultations/${consultation.id}`} className="button">
          {t("ui.cancel")}
        </Link>
      </div>
    </form>
  );
}
