import { asProblem } from "@hejnal/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { addReportCategory, changeReportCategory, REPORT_CATEGORIES_KEY, type ReportCategory } from "../api/report-categories.ts";
import { TOWN_KEY } from "../api/town.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { RadioChoice } from "../ui/Choice.tsx";
import { Check, Field, NumberField } from "../ui/Field.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { WordingField } from "../ui/WordingField.tsx";
import { categoryBody, categoryFaults, type CategoryForm, formOf, freeCode, NEW_CATEGORY, OFFERS } from "./category-form.ts";
import { QuestionsField } from "./QuestionsField.tsx";
import { RoutesField } from "./RoutesField.tsx";

/** One category of reports: its name, who gets the report, who may report, and what they are asked. */
export function CategoryEditor({ category, all }: { readonly category: ReportCategory | null; readonly all: readonly ReportCategory[] }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [, navigate] = useLocation();
  const [form, setForm] = useState<CategoryForm>(() => (category === null ? NEW_CATEGORY : formOf(category)));
  const [shown, setShown] = useState(false);
  const summary = useRef<HTMLDivElement>(null);
  const faults = categoryFaults(form);
  const change = (part: Partial<CategoryForm>) => setForm((before) => ({ ...before, ...part }));
  const save = useMutation({
    mutationFn: () =>
      category === null ? addReportCategory(freeCode(form.names.pl, new Set(all.map(({ code }) => code)), "category"), categoryBody(form)) : changeReportCategory(category.code, category.version, categoryBody(form)),
    onSuccess: (saved) => {
      announce(t("reportCategories.saved", { name: saved.names.pl }));
      setShown(false);
      setForm(formOf(saved));
      navigate(`/report-categories/${saved.code}`);
    },
    onSettled: () => {
      void queryClient.invalidateQueries({ queryKey: REPORT_CATEGORIES_KEY });
      void queryClient.invalidateQueries({ queryKey: TOWN_KEY });
    },
  });
  useEffect(() => {
    if (shown) summary.current?.focus();
  }, [shown]);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setShown(true);
    summary.current?.focus();
    if (faults.length === 0 && !save.isPending) save.mutate();
  };
  return (
    <form className="form desk-form" onSubmit={submit} noValidate aria-labelledby="category-title">
      <h2 id="category-title">{category === null ? t("reportCategories.new") : category.names.pl}</h2>
      {shown && faults.length > 0 ? (
        <div className="faults" role="alert" tabIndex={-1} ref={summary}>
          <p>{t("editor.toFix", { count: faults.length })}</p>
          <ul>
            {faults.map((fault) => (
              <li key={fault}>{t(`reportCategories.fault.${fault}`)}</li>
            ))}
          </ul>
        </div>
      ) : null}
      <WordingField label={t("reportCategories.names")} value={form.names} isInvalid={shown} onChange={(names) => change({ names })} />
      <div className="field-row">
        <Field label={t("reportCategories.unit")} help={t("reportCategories.unitHelp")} value={form.unit} maxLength={120} onChange={(unit) => change({ unit })} />
        <NumberField label={t("reportCategories.position")} help={t("reportCategories.positionHelp")} value={form.position} min={1} max={1000} isInvalid={shown && faults.includes("position")} onChange={(position) => change({ position })} />
      </div>
      <Check checked={form.anonymousAllowed} label={t("reportCategories.anonymous")} help={t("reportCategories.anonymousHelp")} onChange={(anonymousAllowed) => change({ anonymousAllowed })} />
      <Check checked={form.urgent} label={t("reportCategories.urgent")} help={t("reportCategories.urgentHelp")} onChange={(urgent) => change({ urgent })} />
      <QuestionsField questions={form.questions} shown={shown} onChange={(questions) => change({ questions })} />
      <RoutesField routes={form.routes} shown={shown} onChange={(routes) => change({ routes })} />
      <RadioChoice legend={t("reportCategories.open311")} options={OFFERS.map((offer) => ({ value: offer, label: t(`reportCategories.offer.${offer}`) }))} value={form.open311} onChange={(open311) => change({ open311 })} />
      {category === null ? null : <Check checked={form.archived} label={t("reportCategories.archived")} help={t("reportCategories.archivedHelp", { count: category.open_reports })} onChange={(archived) => change({ archived })} />}
      <ProblemLine error={save.error} act="keepReportCategories" words={save.isError && asProblem(save.error).kind === "conflict" ? t("reportCategories.changedMeanwhile") : null} />
      <div className="form-actions">
        <Button type="submit" className="button button-primary" isPending={save.isPending}>
          {t("registry.save")}
        </Button>
      </div>
    </form>
  );
}
