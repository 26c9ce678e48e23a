import { SEVERITIES } from "@hejnal/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { type AlertSeverity, raiseAlert } from "../api/alerts.ts";
import { idempotencyKey } from "../api/client.ts";
import { AddressSearch } from "../ui/AddressSearch.tsx";
import { RadioChoice } from "../ui/Choice.tsx";
import { ConsoleDialog } from "../ui/ConsoleDialog.tsx";
import { Field } from "../ui/Field.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { applyAlert } from "./use-alerts.ts";

/** An alert by hand: a call, a patrol's word, something seen on the wall. */
export function RaiseDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { t: shared } = useTranslation("shared");
  const queryClient = useQueryClient();
  const [, navigate] = useLocation();
  const [summary, setSummary] = useState("");
  const [severity, setSeverity] = useState<AlertSeverity>("warning");
  const [place, setPlace] = useState<{ readonly at: { lat: number; lon: number }; readonly address: string } | null>(null);
  const [shown, setShown] = useState(false);
  const [key] = useState(idempotencyKey);
  const raise = useMutation({
    mutationFn: () => raiseAlert({ request_id: key, severity, summary: summary.trim(), place: place?.at ?? null, address: place?.address ?? "", camera_ids: [] }),
    onSuccess: (alert) => {
      applyAlert(queryClient, alert);
      onClose();
      navigate(`/alerts/${alert.alert_id}`);
    },
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setShown(true);
    if (summary.trim() !== "") raise.mutate();
  };
  return (
    <ConsoleDialog title={t("alerts.raiseTitle")} isOpen onClose={onClose}>
      <form className="form" onSubmit={submit} noValidate>
        {/* eslint-disable-next-line jsx-a11y/no-autofocus -- a dialog that asks for one thing puts the cursor there */}
        <Field label={t("alerts.what")} autoFocus value={summary} maxLength={200} fault={shown && summary.trim() === "" ? t("alerts.whatMissing") : undefined} onChange={setSummary} />
        <RadioChoice legend={t("editor.severity")} options={SEVERITIES.map((value) => ({ value, label: shared(`severity.${value}`) }))} value={severity} onChange={setSeverity} />
        <AddressSearch label={t("alerts.where")} onFound={(hit) => setPlace({ at: hit.place, address: hit.label })} />
        <ProblemLine error={raise.error} act="workOnAlerts" />
        <div className="form-actions">
          <Button type="submit" className="button button-primary" isPending={raise.isPending}>
            {t("alerts.raise")}
          </Button>
          <Button className="button" onPress={onClose}>
            {t("ui.cancel")}
          </Button>
        </div>
      </form>
    </ConsoleDialog>
  );
}
