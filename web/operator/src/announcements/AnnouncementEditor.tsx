import { asProblem, ErrorState } from "@hejnal/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { SEVERITIES, SeverityBadge, useLanguage } from "@hejnal/shared";
import { useLocation } from "wouter";
import { idempotencyKey } from "../api/client.ts";
import { type AnnouncementDetail, ANNOUNCEMENTS_KEY, issueAnnouncement, previewAnnouncement, updateAnnouncement } from "../api/town.ts";
import { useTown } from "../reports/use-town.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { CheckChoice, RadioChoice } from "../ui/Choice.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { AreaField } from "./AreaField.tsx";
import { type Draft, DRAFT_CHANNELS, draftBody, draftOf, emptyDraft, type Fault, faults, withSeverity } from "./draft.ts";
import { forgetDraft, keepDraft, keptDraft } from "./kept-draft.ts";
import { PreviewStep } from "./PreviewStep.tsx";
import { TextsField } from "./TextsField.tsx";
import { ValidityField } from "./ValidityField.tsx";

interface AnnouncementEditorProps {
  /** The announcement to correct; null writes a new one. */
  readonly update: AnnouncementDetail | null;
}

/** One form: what, how grave, in which words, where, until when, on which channels; then who it reaches and what it costs; then out. */
export function AnnouncementEditor({ update }: AnnouncementEditorProps) {
  const { t } = useTranslation();
  const language = useLanguage();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [, navigate] = useLocation();
  const { town, error: townError } = useTown();
  const [draft, setDraft] = useState<Draft>(() => (update === null ? (keptDraft(sessionStorage) ?? emptyDraft(Date.now())) : draftOf(update)));
  const [wrong, setWrong] = useState<readonly Fault[]>([]);
  const [step, setStep] = useState<"write" | "preview">("write");
  const [key, setKey] = useState(idempotencyKey);
  const summary = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (update === null) keepDraft(sessionStorage, draft);
  }, [update, draft]);
  const change = (part: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...part }));
    setKey(idempotencyKey());
  };

  const preview = useMutation({
    mutationFn: () => previewAnnouncement(draftBody(draft)),
    onSuccess: () => setStep("preview"),
  });
  const send = useMutation({
    mutationFn: () => (update === null ? issueAnnouncement(draftBody(draft), key) : updateAnnouncement(update.id, { ...draftBody(draft), expected_version: update.version }, key)),
    onSuccess: (sent) => {
      if (update === null) forgetDraft(sessionStorage);
      announce(t("announcements.sent"));
      queryClient.setQueryData([...ANNOUNCEMENTS_KEY, "one", sent.id], sent);
      void queryClient.invalidateQueries({ queryKey: ANNOUNCEMENTS_KEY });
      navigate(`/announcements/${sent.id}`);
    },
  });

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const found = faults(draft, Date.now());
    setWrong(found);
    if (found.length === 0) preview.mutate();
    else requestAnimationFrame(() => summary.current?.focus());
  };

  if (townError !== null && town === null) return <ErrorState error={townError} />;
  if (town === null) return null;
  if (step === "preview" && preview.data !== undefined) {
    return (
      <PreviewStep draft={draft} preview={preview.data} town={town} update={update} isSending={send.isPending} onBack={() => setStep("write")} onSend={() => send.mutate()}>
        {send.isError ? asProblem(send.error).kind === "conflict" ? <p className="problem-line" role="alert">{t("announcements.changedMeanwhile")}</p> : <ProblemLine error={send.error} act="writeAnnouncements" /> : null}
      </PreviewStep>
    );
  }
  return (
    <form className="form editor" onSubmit={submit} noValidate aria-labelledby="editor-title">
      <h2 id="editor-title">{update === null ? t("announcements.new") : t("announcements.updateTitle")}</h2>
      {wrong.length > 0 ? (
        <div className="faults" role="alert" tabIndex={-1} ref={summary}>
          <p>{t("editor.toFix", { count: wrong.length })}</p>
          <ul>
            {wrong.map((fault) => (
              <li key={fault}>{t(`editor.fault.${fault}`)}</li>
            ))}
          </ul>
        </div>
      ) : null}
      <div className="editor-row">
        <label className="field">
          <span>{t("editor.category")}</span>
          <select className="input" value={draft.category} aria-invalid={wrong.includes("category")} onChange={(event) => change({ category: event.target.value })}>
            <option value="">{t("editor.chooseCategory")}</option>
            {town.announcement_categories.map((category) => (
              <option key={category.code} value={category.code}>
                {category.names[language]}
              </option>
            ))}
          </select>
        </label>
        <RadioChoice
          legend={t("editor.severity")}
          options={SEVERITIES.map((severity) => ({ value: severity, label: <SeverityBadge severity={severity} /> }))}
          value={draft.severity}
          onChange={(severity) => change(withSeverity(draft, severity))}
        />
      </div>
      <p className="field-help">{t(`editor.severityHelp.${draft.severity}`)}</p>
      <TextsField draft={draft} wrong={wrong} onChange={change} />
      <AreaField draft={draft} wrong={wrong} town={town} onChange={change} />
      <ValidityField draft={draft} wrong={wrong} onChange={change} />
      <CheckChoice
        legend={t("editor.channels")}
        options={DRAFT_CHANNELS.map((channel) => ({ value: channel, label: t(`channel.${channel}`) }))}
        values={draft.channels}
        isInvalid={wrong.includes("channels")}
        onChange={(channels) => change({ channels, channelsChosen: true })}
      />
      <label className="choice-item">
        <input type="checkbox" checked={draft.drill} onChange={(event) => change({ drill: event.target.checked })} />
        {t("editor.drill")}
      </label>
      {preview.isError ? <ProblemLine error={preview.error} act="writeAnnouncements" /> : null}
      <div className="form-actions">
        <Button type="submit" className="button button-primary" isPending={preview.isPending}>
          {preview.isPending ? t("editor.counting") : t("editor.preview")}
        </Button>
        <Button
          className="button"
          onPress={() => {
            if (update === null) forgetDraft(sessionStorage);
            navigate(update === null ? "/announcements" : `/announcements/${update.id}`);
          }}
        >
          {t("editor.discard")}
        </Button>
      </div>
    </form>
  );
}
