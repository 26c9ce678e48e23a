import { asProblem, useLanguage } from "@hejnal/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Consultation, CONSULTATIONS_KEY, enterPaper } from "../api/consultations.ts";
import { idempotencyKey } from "../api/client.ts";
import { CheckChoice } from "../ui/Choice.tsx";
import { Field } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { inLanguage } from "./words.ts";

interface PaperDialogProps {
  readonly consultation: Consultation;
  readonly onClose: () => void;
}

interface Entry {
  readonly form: string;
  readonly choices: readonly string[];
  readonly opinion: string;
}

const EMPTY: Entry = { form: "", choices: [], opinion: "" };

/** Forms on paper, one after the other: the dialog stays open and empties itself; a number that was typed in before is refused. */
export function PaperDialog({ consultation, onClose }: PaperDialogProps) {
  const { t } = useTranslation();
  const language = useLanguage();
  const queryClient = useQueryClient();
  const [entry, setEntry] = useState(EMPTY);
  const [shown, setShown] = useState(false);
  const [entered, setEntered] = useState<readonly string[]>([]);
  const [key, setKey] = useState(idempotencyKey);
  const votes = consultation.vote_rule !== "none";
  const enter = useMutation({
    mutationFn: () => enterPaper(consultation.id, { form: entry.form.trim(), choices: [...entry.choices], opinion: entry.opinion.trim() }, key),
    onSuccess: (stored) => {
      setEntered((before) => [stored.form, ...before]);
      setEntry(EMPTY);
      setShown(false);
    },
    onSettled: () => {
      setKey(idempotencyKey());
      void queryClient.invalidateQueries({ queryKey: CONSULTATIONS_KEY });
    },
  });
  const change = (part: Partial<Entry>) => {
    if (enter.isError) enter.reset();
    setEntry((before) => ({ ...before, ...part }));
  };
  const noNumber = entry.form.trim() === "";
  const empty = entry.choices.length === 0 && entry.opinion.trim() === "";
  const tooMany = entry.choices.length > consultation.most_choices;
  const twice = enter.isError && asProblem(enter.error).slug === "form-entered";
  return (
    <FormDialog
      title={t("consultations.paperTitle")}
      submit={t("consultations.paperSave")}
      pending={enter.isPending}
      error={enter.error}
      act="workOnConsultations"
      problem={twice ? t("consultations.paperTwice", { form: entry.form.trim() }) : null}
      onSubmit={() => {
        setShown(true);
        if (!noNumber && !empty && !tooMany) enter.mutate();
      }}
      onClose={onClose}
    >
      <p className="soft">{t("consultations.paperHelp")}</p>
      <Field
        label={t("consultations.paperNumber")}
        help={t("consultations.paperNumberHelp")}
        value={entry.form}
        maxLength={60}
        autoComplete="off"
        fault={shown && noNumber ? t("consultations.paperNumberMissing") : undefined}
        onChange={(form) => change({ form })}
      />
      {votes ? (
        <CheckChoice
          legend={t("consultations.paperChoices", { count: consultation.most_choices })}
          options={consultation.options.map(({ code, names }) => ({ value: code, label: inLanguage(names, language) ?? code }))}
          values={entry.choices}
          isInvalid={(shown && empty) || tooMany}
          onChange={(choices) => change({ choices })}
        />
      ) : null}
      {tooMany ? <p className="field-error">{t("consultations.tooMany", { count: consultation.most_choices })}</p> : null}
      {consultation.opinions === "none" ? null : <Field label={t("consultations.paperOpinion")} rows={4} maxLength={4000} value={entry.opinion} onChange={(opinion) => change({ opinion })} />}
      {shown && empty ? <p className="field-error">{t("consultations.paperEmpty")}</p> : null}
      <p role="status">{entered.length === 0 ? "" : t("consultations.paperEntered", { count: entered.length, form: entered[0] ?? "" })}</p>
    </FormDialog>
  );
}
