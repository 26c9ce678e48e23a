import { SEVERITIES } from "@hejnal/shared";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { AlertSeverity } from "../api/alerts.ts";
import { idempotencyKey } from "../api/client.ts";
import { AddressSearch } from "../ui/AddressSearch.tsx";
import { RadioChoice } from "../ui/Choice.tsx";
import { Field } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";

/** What somebody says has happened; sent again it is the same one. */
export interface Happening {
  readonly request_id: string;
  readonly what: string;
  readonly severity: AlertSeverity;
  readonly place: { readonly lat: number; readonly lon: number } | null;
  readonly address: string;
}

interface HappeningDialogProps<Made> {
  readonly title: string;
  readonly submit: string;
  /** Letters the text may have at most. */
  readonly maxLength: number;
  readonly make: (happening: Happening) => Promise<Made>;
  readonly onMade: (made: Made) => void;
  readonly onClose: () => void;
}

/** Asks what happened, how bad it is and where: the beginning of an alert or of an incident. */
export function HappeningDialog<Made>({ title, submit, maxLength, make, onMade, onClose }: HappeningDialogProps<Made>) {
  const { t } = useTranslation();
  const { t: shared } = useTranslation("shared");
  const [what, setWhat] = useState("");
  const [severity, setSeverity] = useState<AlertSeverity>("warning");
  const [place, setPlace] = useState<Pick<Happening, "place" | "address">>({ place: null, address: "" });
  const [shown, setShown] = useState(false);
  const [key] = useState(idempotencyKey);
  const missing = what.trim() === "";
  const send = useMutation({ mutationFn: () => make({ request_id: key, what: what.trim(), severity, ...place }), onSuccess: onMade });
  const onSubmit = () => {
    setShown(true);
    if (!missing) send.mutate();
  };
  return (
    <FormDialog title={title} submit={submit} pending={send.isPending} error={send.error} act="workOnAlerts" onSubmit={onSubmit} onClose={onClose}>
      {/* eslint-disable-next-line jsx-a11y/no-autofocus -- a dialog that asks for one thing puts the cursor there */}
      <Field label={t("alerts.what")} autoFocus value={what} maxLength={maxLength} fault={shown && missing ? t("alerts.whatMissing") : undefined} onChange={setWhat} />
      <RadioChoice legend={t("editor.severity")} options={SEVERITIES.map((value) => ({ value, label: shared(`severity.${value}`) }))} value={severity} onChange={setSeverity} />
      <AddressSearch label={t("alerts.where")} onFound={(hit) => setPlace({ place: hit.place, address: hit.label })} />
    </FormDialog>
  );
}
