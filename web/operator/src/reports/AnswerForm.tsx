import { useMutation, useQueryClient } from "@tanstack/react-query";
import { asProblem } from "@hejnal/shared";
import { type SyntheticEvent, useState } from "react";
import { Button, Label, Text, TextArea, TextField } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { idempotencyKey } from "../api/client.ts";
import { answerReport, type Report, REPORTS_KEY } from "../api/town.ts";
import { useSession } from "../session/session.tsx";
import { useAnnounce } from "../shell/Announcer.tsx";
import { RadioChoice } from "../ui/Choice.tsx";
import { MayDo, ProblemLine } from "../ui/ProblemLine.tsx";
import { ANSWER_MOST, answerBody, type AnswerDraft, answerFault, OUTCOMES, startAnswer, STATUSES } from "./answer-form.ts";

/** An answer to the person who wrote, a new status, or both. */
export function AnswerForm({ report }: { readonly report: Report }) {
  const { may } = useSession();
  if (!may("answerReports")) {
    return (
      <p className="soft">
        <MayDo act="answerReports" />
      </p>
    );
  }
  return <Form report={report} />;
}

function Form({ report }: { readonly report: Report }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState<AnswerDraft>(() => startAnswer(report));
  const [shown, setShown] = useState(false);
  // One key per wording: sending the same words again after a broken line is one answer, not two.
  const [key, setKey] = useState(idempotencyKey);
  const change = (part: Partial<AnswerDraft>) => {
    setDraft((before) => ({ ...before, ...part }));
    setKey(idempotencyKey());
  };
  const send = useMutation({
    mutationFn: () => answerReport(report.id, answerBody(draft, report.version), key),
    onSuccess: (answered) => {
      announce(t("reports.sent"));
      setDraft(startAnswer(answered));
      setShown(false);
      queryClient.setQueryData([...REPORTS_KEY, "one", report.id], answered);
      void queryClient.invalidateQueries({ queryKey: REPORTS_KEY });
    },
    onError: (error) => {
      if (asProblem(error).kind === "conflict") void queryClient.invalidateQueries({ queryKey: REPORTS_KEY });
    },
  });
  const fault = answerFault(draft, report);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setShown(true);
    if (fault === null) send.mutate();
  };
  return (
    <form className="form answer" onSubmit={submit} aria-labelledby="answer-title">
      <h3 id="answer-title">{t("reports.answer")}</h3>
      <RadioChoice
        legend={t("reports.newStatus")}
        options={STATUSES.map((status) => ({ value: status, label: t(`reports.status.${status}`) }))}
        value={draft.status}
        onChange={(status) => change({ status })}
      />
      {draft.status === "closed" ? (
        <RadioChoice
          legend={t("reports.newOutcome")}
          options={OUTCOMES.map((outcome) => ({ value: outcome, label: t(`reports.outcome.${outcome}`) }))}
          value={draft.outcome}
          isInvalid={shown && fault === "outcomeMissing"}
          onChange={(outcome) => change({ outcome })}
        />
      ) : null}
      <TextField className="field" value={draft.answer} onChange={(answer) => change({ answer })} isInvalid={shown && (fault === "wordsMissing" || fault === "tooLong")}>
        <Label>{t("reports.words")}</Label>
        <TextArea className="input" rows={4} />
        <Text slot="description" className="field-help">
          {t("reports.wordsHelp", { left: ANSWER_MOST - draft.answer.length })}
        </Text>
      </TextField>
      {shown && fault !== null ? (
        <p className="field-error" role="alert">
          {t(`reports.fault.${fault}`)}
        </p>
      ) : null}
      {send.isError ? <ProblemLine error={send.error} act="answerReports" /> : null}
      <Button type="submit" className="button button-primary" isPending={send.isPending}>
        {send.isPending ? t("ui.sending") : t("reports.send")}
      </Button>
    </form>
  );
}
