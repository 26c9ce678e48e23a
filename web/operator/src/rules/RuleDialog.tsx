import { asProblem, SEVERITIES } from "@hejnal/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { addRule, type AlertRule, type AlertRuleDraft, changeRule, RULES_KEY } from "../api/rules.ts";
import { useCameras } from "../cameras/use-cameras.ts";
import { useTown } from "../reports/use-town.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { CheckChoice, RadioChoice } from "../ui/Choice.tsx";
import { Check, Field, NumberField } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { EscalationField } from "./EscalationField.tsx";
import { QuietHoursField } from "./QuietHoursField.tsx";
import { draftOf, faultsOfRule, NEW_RULE, TRIGGERS } from "./rule-form.ts";

const TAMPER_KINDS = ["covered", "moved", "blinded", "frozen", "defocused", "ir_fault"] as const;

/** One rule: what it speaks of, what it makes of it, when it keeps quiet, who is told when nobody acts. */
export function RuleDialog({ rule, onClose }: { readonly rule: AlertRule | null; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState<AlertRuleDraft>(() => (rule === null ? NEW_RULE : draftOf(rule)));
  const [shown, setShown] = useState(false);
  const faults = faultsOfRule(draft);
  const change = (part: Partial<AlertRuleDraft>) => setDraft((before) => ({ ...before, ...part }));
  const save = useMutation({
    mutationFn: () => (rule === null ? addRule({ ...draft, name: draft.name.trim() }) : changeRule(rule.rule_id, rule.version, { ...draft, name: draft.name.trim() })),
    onSuccess: (saved) => {
      announce(t("registry.saved", { camera: saved.name }));
      onClose();
    },
    onSettled: () => void queryClient.invalidateQueries({ queryKey: RULES_KEY }),
  });
  const submit = () => {
    setShown(true);
    if (faults.length === 0) save.mutate();
  };
  return (
    <FormDialog
      title={rule === null ? t("rules.add") : t("rules.editTitle", { name: rule.name })}
      width="wide"
      submit={t("registry.save")}
      pending={save.isPending}
      error={save.error}
      act="keepAlertRules"
      problem={save.isError && asProblem(save.error).kind === "conflict" ? t("rules.changedMeanwhile") : null}
      onSubmit={submit}
      onClose={onClose}
    >
      <div className="field-row">
        <Field label={t("rules.name")} value={draft.name} maxLength={120} fault={shown && faults.includes("name") ? t("signIn.missing") : undefined} onChange={(name) => change({ name })} />
        <NumberField label={t("rules.position")} value={draft.position} min={0} max={10_000} help={t("rules.positionHelp")} isInvalid={shown && faults.includes("position")} onChange={(position) => change({ position })} />
      </div>
      <label className="field">
        <span>{t("rules.trigger")}</span>
        <select className="input" value={draft.trigger} onChange={(event) => change({ trigger: TRIGGERS.find((each) => each === event.target.value) ?? draft.trigger })}>
          {TRIGGERS.map((trigger) => (
            <option key={trigger} value={trigger}>
              {t(`rules.triggers.${trigger}`)}
            </option>
          ))}
        </select>
      </label>
      <Conditions draft={draft} wrong={shown && faults.includes("offline")} onChange={change} />
      <Check checked={draft.enabled} label={t("rules.enabled")} onChange={(enabled) => change({ enabled })} />
      <RadioChoice
        legend={t("rules.does")}
        options={[
          { value: "raises", label: t("rules.raises") },
          { value: "nothing", label: t("rules.nothing") },
        ]}
        value={draft.raises ? "raises" : "nothing"}
        onChange={(which) => change({ raises: which === "raises" })}
      />
      {draft.raises ? (
        <>
          <label className="field">
            <span>{t("editor.severity")}</span>
            <select className="input" value={draft.severity ?? ""} onChange={(event) => change({ severity: SEVERITIES.find((each) => each === event.target.value) ?? null })}>
              <option value="">{t("rules.asSource")}</option>
              {SEVERITIES.map((severity) => (
                <option key={severity} value={severity}>
                  {t(`severity.${severity}`, { ns: "shared" })}
                </option>
              ))}
            </select>
          </label>
          <NumberField label={t("rules.window")} value={draft.window_s / 60} min={0} max={1440} help={t("rules.windowHelp")} isInvalid={shown && faults.includes("window")} onChange={(minutes) => change({ window_s: Math.round(minutes * 60) })} />
          <QuietHoursField hours={draft.quiet_hours} isInvalid={shown && faults.includes("quiet")} onChange={(quiet_hours) => change({ quiet_hours: [...quiet_hours] })} />
          <EscalationField levels={draft.escalation} isInvalid={shown && faults.includes("escalation")} onChange={(escalation) => change({ escalation: [...escalation] })} />
        </>
      ) : null}
    </FormDialog>
  );
}

interface ConditionsProps {
  readonly draft: AlertRuleDraft;
  readonly wrong: boolean;
  readonly onChange: (part: Partial<AlertRuleDraft>) => void;
}

/** What narrows a rule down, by what it speaks of. */
function Conditions({ draft, wrong, onChange }: ConditionsProps) {
  const { t } = useTranslation();
  const { cameras } = useCameras();
  const { town, reportCategory } = useTown();
  const { trigger } = draft;
  const ofCameras = trigger === "tamper" || trigger === "camera_offline" || trigger === "stream_fault";
  const groups = [...new Set([...cameras.flatMap((camera) => camera.groups), ...draft.camera_groups])].sort((a, b) => a.localeCompare(b, "pl"));
  return (
    <fieldset className="fieldset">
      <legend>{t("rules.when")}</legend>
      {trigger === "tamper" ? (
        <CheckChoice legend={t("rules.tamperKinds")} options={TAMPER_KINDS.map((value) => ({ value, label: t(`picture.kind.${value}`) }))} values={draft.tamper_kinds} onChange={(kinds) => onChange({ tamper_kinds: [...kinds] })} />
      ) : null}
      {trigger === "camera_offline" ? <NumberField label={t("rules.offlineAfter")} value={draft.offline_after_s} min={5} max={86_400} isInvalid={wrong} onChange={(offline_after_s) => onChange({ offline_after_s })} /> : null}
      {ofCameras && groups.length > 0 ? (
        <CheckChoice legend={t("rules.onlyGroups")} options={groups.map((value) => ({ value, label: value }))} values={draft.camera_groups} onChange={(camera_groups) => onChange({ camera_groups: [...camera_groups] })} />
      ) : null}
      {trigger === "report" ? (
        <>
          <Check checked={draft.urgent_only} label={t("rules.urgentOnly")} onChange={(urgent_only) => onChange({ urgent_only })} />
          <CheckChoice legend={t("rules.categories")} options={(town?.report_categories ?? []).map(({ code }) => ({ value: code, label: reportCategory(code) }))} values={draft.categories} onChange={(categories) => onChange({ categories: [...categories] })} />
        </>
      ) : null}
      {trigger === "request" ? (
        <Field
          label={t("rules.sources")}
          help={t("rules.sourcesHelp")}
          value={draft.sources.join(", ")}
          onChange={(text) =>
            onChange({
              sources: text
                .split(",")
                .map((source) => source.trim())
                .filter((source) => source !== ""),
            })
          }
        />
      ) : null}
      <p className="field-help">{t("rules.emptyMeansAll")}</p>
    </fieldset>
  );
}
