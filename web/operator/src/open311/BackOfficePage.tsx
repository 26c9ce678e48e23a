import { asProblem, useLanguage } from "@hejnal/shared";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { BACK_OFFICE_KEY, type BackOffice, fetchBackOffice, saveBackOffice } from "../api/open311.ts";
import { fetchReportCategories, REPORT_CATEGORIES_KEY, type ReportCategory } from "../api/report-categories.ts";
import { ReportSections } from "../reports/ReportSections.tsx";
import { useAnnounce } from "../shell/Announcer.tsx";
import { Check, Field, NumberField } from "../ui/Field.tsx";
import { Loaded } from "../ui/Loaded.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { exact } from "../words/console-words.ts";
import { backOfficeBody, backOfficeFaults, type BackOfficeForm, formOf } from "./back-office-form.ts";
import "../announcements/announcements.css";
import "../styles/town-desk.css";

/** The system of another office that gets reports by Open311: how the exchange goes, and what is handed over. */
export function BackOfficePage() {
  const { t } = useTranslation();
  const office = useQuery({ queryKey: BACK_OFFICE_KEY, queryFn: fetchBackOffice, refetchInterval: 15_000 });
  const categories = useQuery({ queryKey: REPORT_CATEGORIES_KEY, queryFn: fetchReportCategories });
  const [round, setRound] = useState(0);
  return (
    <div className="page">
      <ReportSections />
      <h1>{t("open311.office")}</h1>
      <p className="soft page-text">{t("open311.officeHelp")}</p>
      <Loaded query={office} rows={5}>
        {(now) => (
          <>
            <Exchange office={now} />
            <Loaded query={categories} rows={5}>
              {(all) => <OfficeForm key={round} current={now} categories={all} onStartAgain={() => void office.refetch().then(() => setRound((before) => before + 1))} />}
            </Loaded>
          </>
        )}
      </Loaded>
    </div>
  );
}

/** How the exchange goes; the page asks anew by itself. */
function Exchange({ office }: { readonly office: BackOffice }) {
  const { t } = useTranslation();
  if (office.version === 0) return <p>{t("open311.noOffice")}</p>;
  return (
    <section className="fieldset" aria-labelledby="exchange-title" data-exchange={office.last_error === "" ? "well" : "trouble"}>
      <h2 id="exchange-title">{t("open311.exchange")}</h2>
      <dl className="facts">
        <dt>{t("open311.stateOf")}</dt>
        <dd>{office.enabled ? t("open311.isOn") : t("open311.isOff")}</dd>
        <dt>{t("open311.handed")}</dt>
        <dd>{office.sent}</dd>
        <dt>{t("open311.waiting")}</dt>
        <dd className={office.waiting > 0 && office.last_error !== "" ? "attention" : undefined}>{office.waiting}</dd>
        <dt>{t("open311.refused")}</dt>
        <dd className={office.failed > 0 ? "attention" : undefined}>
          {office.failed}
          {office.failed > 0 ? <span className="cell-line">{t("open311.refusedHelp")}</span> : null}
        </dd>
        <dt>{t("open311.polled")}</dt>
        <dd>{office.polled_until === null ? t("open311.notYet") : exact(Date.parse(office.polled_until))}</dd>
        <dt>{t("open311.lastError")}</dt>
        <dd className={office.last_error === "" ? "soft" : "attention"}>{office.last_error === "" ? t("open311.noError") : office.last_error}</dd>
      </dl>
    </section>
  );
}

interface OfficeFormProps {
  readonly current: BackOffice;
  readonly categories: readonly ReportCategory[];
  readonly onStartAgain: () => void;
}

function OfficeForm({ current, categories, onStartAgain }: OfficeFormProps) {
  const { t } = useTranslation();
  const language = useLanguage();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [office, setOffice] = useState(current);
  const [form, setForm] = useState<BackOfficeForm>(() => formOf(current));
  const [shown, setShown] = useState(false);
  const summary = useRef<HTMLDivElement>(null);
  const wrong = shown ? backOfficeFaults(form, office) : [];
  const change = (part: Partial<BackOfficeForm>) => setForm((before) => ({ ...before, ...part }));
  const save = useMutation({
    mutationFn: () => saveBackOffice(office, backOfficeBody(form)),
    onSuccess: (saved) => {
      announce(t("open311.saved"));
      queryClient.setQueryData(BACK_OFFICE_KEY, saved);
      setOffice(saved);
      setForm(formOf(saved));
      setShown(false);
    },
  });
  useEffect(() => {
    if (shown) summary.current?.focus();
  }, [shown]);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setShown(true);
    summary.current?.focus();
    if (backOfficeFaults(form, office).length === 0 && !save.isPending) save.mutate();
  };
  const conflict = save.isError && asProblem(save.error).kind === "conflict";
  // A category that is gone but still handed over can be seen and taken out.
  const codes = [...new Set([...categories.filter(({ archived }) => !archived).map(({ code }) => code), ...Object.keys(form.services)])];
  const nameOf = (code: string) => categories.find((category) => category.code === code)?.names[language] ?? code;
  return (
    <form className="form desk-form" onSubmit={submit} noValidate aria-label={t("open311.office")}>
      {wrong.length > 0 ? (
        <div className="faults" role="alert" tabIndex={-1} ref={summary}>
          <p>{t("editor.toFix", { count: wrong.length })}</p>
          <ul>
            {wrong.map((fault) => (
              <li key={fault}>{t(`open311.fault.${fault}`)}</li>
            ))}
          </ul>
        </div>
      ) : null}
      <Check checked={form.enabled} label={t("open311.enabled")} help={t("open311.enabledHelp")} onChange={(enabled) => change({ enabled })} />
      <Field label={t("open311.url")} help={t("open311.urlHelp")} value={form.url} maxLength={500} type="url" fault={wrong.includes("url") ? t("open311.fault.url") : undefined} onChange={(url) => change({ url })} />
      <div className="field-row">
        <Field
          label={t("open311.apiKey")}
          help={office.api_key_set ? t("open311.apiKeySet") : t("open311.apiKeyHelp")}
          value={form.apiKey}
          maxLength={200}
          autoComplete="off"
          spellCheck="false"
          fault={wrong.includes("key") ? t("open311.fault.key") : undefined}
          onChange={(apiKey) => change({ apiKey })}
        />
        <Field label={t("open311.jurisdiction")} help={t("open311.jurisdictionHelp")} value={form.jurisdictionId} maxLength={100} onChange={(jurisdictionId) => change({ jurisdictionId })} />
        <NumberField label={t("open311.poll")} value={form.pollMinutes} min={1} max={1440} isInvalid={wrong.includes("poll")} onChange={(pollMinutes) => change({ pollMinutes })} />
      </div>
      <fieldset className={wrong.includes("services") ? "fieldset choice-invalid" : "fieldset"}>
        <legend>{t("open311.services")}</legend>
        <p className="field-help">{t("open311.servicesHelp")}</p>
        <div className="field-row">
          {codes.map((code) => (
            <Field key={code} label={nameOf(code)} value={form.services[code] ?? ""} maxLength={100} autoComplete="off" spellCheck="false" onChange={(service) => change({ services: { ...form.services, [code]: service } })} />
          ))}
        </div>
      </fieldset>
      <Check checked={form.withContact} label={t("open311.withContact")} help={t("open311.withContactHelp")} onChange={(withContact) => change({ withContact })} />
      <ProblemLine error={save.error} act="keepOpen311" words={conflict ? t("open311.changedMeanwhile") : null} />
      <div className="form-actions">
        <Button type="submit" className="button button-primary" isPending={save.isPending}>
          {t("registry.save")}
        </Button>
        {conflict ? (
          <Button className="link-button" onPress={onStartAgain}>
            {t("registry.startAgain")}
          </Button>
        ) : null}
      </div>
    </form>
  );
}
