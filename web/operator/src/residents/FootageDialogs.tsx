import { asProblem } from "@hejnal/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { answerRequest, confirmIdentity, extendRequest, type FootageAnswer, type FootageRequest, FOOTAGE_REQUESTS_KEY, handOver, type IdentityCheck } from "../api/footage-requests.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { RadioChoice } from "../ui/Choice.tsx";
import { Field } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";

const WAYS = ["in_person", "qualified_signature", "trusted_profile", "e_delivery", "other"] as const;
const OUTCOMES = ["provided", "viewed_on_site", "no_footage", "not_recognised", "identity_not_shown", "refused"] as const;
const HANDED: readonly FootageAnswer["outcome"][] = ["provided", "viewed_on_site"];

interface DialogProps {
  readonly request: FootageRequest;
  readonly onClose: () => void;
}

interface StepProps extends DialogProps {
  readonly title: string;
  readonly submit: string;
  readonly grave?: boolean;
  readonly valid: boolean;
  readonly act: () => Promise<FootageRequest>;
  readonly children: (shown: boolean) => ReactNode;
}

/** One step of a request: what is asked, what it does, and the request as it is afterwards. */
function Step({ request, title, submit, grave = false, valid, act, onClose, children }: StepProps) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [shown, setShown] = useState(false);
  const step = useMutation({
    mutationFn: act,
    onSuccess: (changed) => {
      announce(t("footage.noted"));
      queryClient.setQueryData([...FOOTAGE_REQUESTS_KEY, "one", request.id], changed);
      onClose();
    },
    onSettled: () => void queryClient.invalidateQueries({ queryKey: FOOTAGE_REQUESTS_KEY }),
  });
  const problem = step.isError ? asProblem(step.error) : null;
  return (
    <FormDialog
      title={title}
      submit={submit}
      grave={grave}
      pending={step.isPending}
      error={step.error}
      act="handleFootageRequests"
      problem={problem?.slug === "identity-not-confirmed" ? t("footage.identityFirst") : null}
      onSubmit={() => {
        setShown(true);
        if (valid) step.mutate();
      }}
      onClose={onClose}
    >
      {children(shown)}
    </FormDialog>
  );
}

/** How the office made sure who is asking; the number of a document is not written down. */
export function IdentityDialog({ request, onClose }: DialogProps) {
  const { t } = useTranslation();
  const [way, setWay] = useState<IdentityCheck["way"] | null>(null);
  const [note, setNote] = useState("");
  return (
    <Step request={request} title={t("footage.do.identity")} submit={t("footage.note")} valid={way !== null} act={() => confirmIdentity(request, { way: way ?? "other", note: note.trim() })} onClose={onClose}>
      {(shown) => (
        <>
          <RadioChoice legend={t("footage.identity")} options={WAYS.map((value) => ({ value, label: t(`footage.way.${value}`) }))} value={way} isInvalid={shown && way === null} onChange={setWay} />
          {shown && way === null ? <p className="field-error">{t("footage.wayMissing")}</p> : null}
          <Field label={t("footage.remark")} help={t("footage.remarkHelp")} value={note} maxLength={300} onChange={setNote} />
        </>
      )}
    </Step>
  );
}

/** Which hold keeps the footage, and which evidence package was made of it. */
export function HandOverDialog({ request, onClose }: DialogProps) {
  const { t } = useTranslation();
  const [hold, setHold] = useState(request.hold_id);
  const [bundle, setBundle] = useState(request.export_id);
  const none = hold.trim() === "" && bundle.trim() === "";
  const given = (id: string) => (id.trim() === "" ? null : id.trim());
  return (
    <Step request={request} title={t("footage.do.handOver")} submit={t("footage.note")} valid={!none} act={() => handOver(request, { hold_id: given(hold), export_id: given(bundle) })} onClose={onClose}>
      {(shown) => (
        <>
          <p>{t("footage.handOverHelp")}</p>
          <Field label={t("footage.hold")} value={hold} maxLength={64} fault={shown && none ? t("footage.handOverMissing") : undefined} onChange={setHold} />
          <Field label={t("footage.export")} value={bundle} maxLength={64} onChange={setBundle} />
        </>
      )}
    </Step>
  );
}

/** Two months more, once; the person is told why. */
export function ExtendDialog({ request, onClose }: DialogProps) {
  const { t } = useTranslation();
  const [reason, setReason] = useState("");
  const short = reason.trim().length < 10;
  return (
    <Step request={request} title={t("footage.do.extend")} submit={t("footage.do.extend")} valid={!short} act={() => extendRequest(request, reason.trim())} onClose={onClose}>
      {(shown) => <Field label={t("footage.extendReason")} help={t("footage.extendHelp")} rows={3} maxLength={1000} value={reason} fault={shown && short ? t("footage.extendMissing") : undefined} onChange={setReason} />}
    </Step>
  );
}

/** The office's answer, for good. */
export function AnswerDialog({ request, onClose }: DialogProps) {
  const { t } = useTranslation();
  const [outcome, setOutcome] = useState<FootageAnswer["outcome"] | null>(null);
  const [words, setWords] = useState("");
  const short = words.trim().length < 3;
  const unproven = outcome !== null && HANDED.includes(outcome) && request.state === "received";
  return (
    <Step
      request={request}
      title={t("footage.do.answer")}
      submit={t("footage.sendAnswer")}
      grave
      valid={outcome !== null && !short && !unproven}
      act={() => answerRequest(request, { outcome: outcome ?? "refused", answer: words.trim() })}
      onClose={onClose}
    >
      {(shown) => (
        <>
          <RadioChoice legend={t("footage.result")} options={OUTCOMES.map((value) => ({ value, label: t(`footage.outcome.${value}`) }))} value={outcome} isInvalid={shown && outcome === null} onChange={setOutcome} />
          {unproven ? <p className="field-error">{t("footage.identityFirst")}</p> : shown && outcome === null ? <p className="field-error">{t("footage.resultMissing")}</p> : null}
          <Field label={t("footage.words")} help={t("footage.wordsHelp")} rows={4} maxLength={4000} value={words} fault={shown && short ? t("footage.wordsMissing") : undefined} onChange={setWords} />
        </>
      )}
    </Step>
  );
}
