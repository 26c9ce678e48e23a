import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import type { Alert, AlertOutcome } from "../api/alerts.ts";
import { useSession } from "../session/session.tsx";
import { RadioChoice } from "../ui/Choice.tsx";
import { Field } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";

interface DialogProps {
  readonly alert: Alert;
  readonly pending: boolean;
  readonly onClose: () => void;
}

const KNOWN_KEY = "hejnal.operator.assignees.v1";
const KNOWN_MOST = 8;

/** To whom alerts were given lately from this browser, newest first. */
function lately(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KNOWN_KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((each): each is string => typeof each === "string") : [];
  } catch {
    return [];
  }
}

function remember(to: string): void {
  try {
    localStorage.setItem(KNOWN_KEY, JSON.stringify([to, ...lately().filter((each) => each !== to)].slice(0, KNOWN_MOST)));
  } catch {
    // A convenience only.
  }
}

/** Gives an alert to a patrol or a person. */
export function AssignDialog({ alert, pending, onAssign, onClose }: DialogProps & { readonly onAssign: (to: string) => void }) {
  const { t } = useTranslation();
  const { staff } = useSession();
  const [to, setTo] = useState(alert.assigned_to ?? "");
  const [shown, setShown] = useState(false);
  const suggestions = [...new Set([staff.name, ...lately()])];
  const give = (name: string) => {
    remember(name);
    onAssign(name);
  };
  const submit = () => {
    setShown(true);
    if (to.trim() !== "") give(to.trim());
  };
  return (
    <FormDialog title={t("alerts.assignTitle")} submit={t("alerts.assign")} pending={pending} onSubmit={submit} onClose={onClose}>
      <p>{alert.summary}</p>
      {/* eslint-disable-next-line jsx-a11y/no-autofocus -- a dialog that asks for one thing puts the cursor there */}
      <Field label={t("alerts.assignTo")} help={t("alerts.assignHelp")} autoFocus value={to} maxLength={120} fault={shown && to.trim() === "" ? t("alerts.assignMissing") : undefined} onChange={setTo} />
      <div className="tags">
        {suggestions.map((name) => (
          <Button key={name} className="button" isDisabled={pending} onPress={() => give(name)}>
            {name}
          </Button>
        ))}
      </div>
    </FormDialog>
  );
}

const OUTCOMES: readonly AlertOutcome[] = ["handled", "false_alarm", "duplicate"];

/** Ends an alert: how it came out, and a word for whoever reads it later. */
export function ResolveDialog({ alert, pending, onResolve, onClose }: DialogProps & { readonly onResolve: (outcome: AlertOutcome, note: string) => void }) {
  const { t } = useTranslation();
  const [outcome, setOutcome] = useState<AlertOutcome>("handled");
  const [note, setNote] = useState("");
  return (
    <FormDialog
      title={t("alerts.resolveTitle")}
      submit={t("alerts.resolve")}
      pending={pending}
      onSubmit={() => onResolve(outcome, note.trim())}
      onClose={onClose}
    >
      <p>{alert.summary}</p>
      <RadioChoice legend={t("alerts.howEnded")} options={OUTCOMES.map((value) => ({ value, label: t(`alerts.outcome.${value}`) }))} value={outcome} onChange={setOutcome} />
      <Field label={t("alerts.resolutionNote")} value={note} maxLength={2000} rows={3} onChange={setNote} />
    </FormDialog>
  );
}
