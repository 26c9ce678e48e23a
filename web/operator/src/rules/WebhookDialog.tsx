import { asProblem, SEVERITIES } from "@hejnal/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { addWebhook, changeWebhook, type Webhook, type WebhookDraft, type WebhookWithSecret, WEBHOOKS_KEY } from "../api/rules.ts";
import { CheckChoice } from "../ui/Choice.tsx";
import { Check, Field, NumberField } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";

const TYPES = ["raised", "repeated", "acknowledged", "assigned", "escalated", "resolved"] as const;

interface WebhookDialogProps {
  readonly webhook: Webhook | null;
  readonly onMade: (made: WebhookWithSecret) => void;
  readonly onClose: () => void;
}

/** Where to send, and which alerts. */
export function WebhookDialog({ webhook, onMade, onClose }: WebhookDialogProps) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState<WebhookDraft>(() =>
    webhook === null
      ? { name: "", url: "https://", types: [], min_severity: "info", min_level: 0, enabled: true }
      : { name: webhook.name, url: webhook.url, types: webhook.types, min_severity: webhook.min_severity, min_level: webhook.min_level, enabled: webhook.enabled },
  );
  const [shown, setShown] = useState(false);
  const change = (part: Partial<WebhookDraft>) => setDraft((before) => ({ ...before, ...part }));
  const good = /^https?:\/\/\S{2,}$/.test(draft.url.trim());
  const save = useMutation({
    mutationFn: async () => {
      const body = { ...draft, name: draft.name.trim(), url: draft.url.trim() };
      if (webhook === null) onMade(await addWebhook(body));
      else await changeWebhook(webhook.webhook_id, webhook.version, body);
    },
    onSuccess: onClose,
    onSettled: () => void queryClient.invalidateQueries({ queryKey: WEBHOOKS_KEY }),
  });
  const problem = save.isError ? asProblem(save.error) : null;
  const submit = () => {
    setShown(true);
    if (draft.name.trim() !== "" && good) save.mutate();
  };
  return (
    <FormDialog
      title={webhook === null ? t("webhooks.add") : t("rules.editTitle", { name: webhook.name })}
      width="wide"
      submit={t("registry.save")}
      pending={save.isPending}
      error={problem}
      act="keepAlertRules"
      problem={problem?.kind === "invalid" && problem.detail !== "" ? problem.detail : null}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field label={t("rules.name")} value={draft.name} maxLength={120} fault={shown && draft.name.trim() === "" ? t("signIn.missing") : undefined} onChange={(name) => change({ name })} />
      <Field label={t("webhooks.url")} help={t("webhooks.urlHelp")} value={draft.url} maxLength={1000} spellCheck="false" fault={shown && !good ? t("webhooks.urlWrong") : undefined} onChange={(url) => change({ url })} />
      <CheckChoice legend={t("webhooks.types")} options={TYPES.map((value) => ({ value, label: t(`webhooks.type.${value}`) }))} values={TYPES.filter((type) => draft.types.includes(`alert.${type}.v1`))} onChange={(types) => change({ types: types.map((type) => `alert.${type}.v1` as const) })} />
      <p className="field-help">{t("rules.emptyMeansAll")}</p>
      <div className="field-row">
        <label className="field">
          <span>{t("webhooks.minSeverity")}</span>
          <select className="input" value={draft.min_severity} onChange={(event) => change({ min_severity: SEVERITIES.find((each) => each === event.target.value) ?? "info" })}>
            {SEVERITIES.map((severity) => (
              <option key={severity} value={severity}>
                {t(`severity.${severity}`, { ns: "shared" })}
              </option>
            ))}
          </select>
        </label>
        <NumberField label={t("webhooks.minLevel")} value={draft.min_level} min={0} max={5} help={t("webhooks.minLevelHelp")} onChange={(level) => change({ min_level: Number.isNaN(level) ? 0 : level })} />
      </div>
      <Check checked={draft.enabled} label={t("webhooks.enabled")} onChange={(enabled) => change({ enabled })} />
    </FormDialog>
  );
}
