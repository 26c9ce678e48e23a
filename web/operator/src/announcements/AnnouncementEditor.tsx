import { asProblem, ErrorState } from "@hejnal/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useEffect, useMemo, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { type AnnouncementDraftSummary, deleteDraft, DRAFTS_KEY, oneDraftKey, submitDraft } from "../api/announcement-drafts.ts";
import { ANNOUNCEMENTS_KEY, previewAnnouncement } from "../api/town.ts";
import { useTown } from "../reports/use-town.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { CheckChoice } from "../ui/Choice.tsx";
import { Check } from "../ui/Field.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { AreaField } from "./AreaField.tsx";
import { AttachmentsField } from "./AttachmentsField.tsx";
import { canBeKept, contentOf, type Draft, DRAFT_CHANNELS, draftBody, type Fault, faults } from "./draft.ts";
import { FaultList, SubjectFields } from "./DraftFields.tsx";
import { DrillBanner } from "./DrillBanner.tsx";
import { forgetDraft, keepDraft } from "./kept-draft.ts";
import { LanguageWarnings } from "./LanguageWarnings.tsx";
import { PreviewStep } from "./PreviewStep.tsx";
import { PublishField } from "./PublishField.tsx";
import { Returned } from "./Returned.tsx";
import { SavingLine } from "./SavingLine.tsx";
import { SaveTemplateDialog, UseTemplate } from "./Templates.tsx";
import { TextsField } from "./TextsField.tsx";
import { useAutosave } from "./use-autosave.ts";
import { ValidityField } from "./ValidityField.tsx";

/** What an editor begins with. */
export interface Begun {
  readonly draft: Draft;
  /** What the service has of it; null: nothing yet. */
  readonly kept: AnnouncementDraftSummary | null;
  /** The announcement and version this is to replace. */
  readonly update: { readonly id: string; readonly version: number } | null;
  /** Under which name this tab keeps what the service does not have yet. */
  readonly scope: string;
  readonly unsaved: boolean;
  /** The template that was chosen on the way here. */
  readonly templateId: string | null;
}

interface AnnouncementEditorProps {
  readonly begun: Begun;
  readonly onCreated: (draft: AnnouncementDraftSummary) => void;
}

/** One form: what, how grave, in which words, where, until when, on which channels; then who it reaches and what it costs; then out. */
export function AnnouncementEditor({ begun, onCreated }: AnnouncementEditorProps) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [, navigate] = useLocation();
  const { town, error: townError } = useTown();
  const { update } = begun;
  const [draft, setDraft] = useState<Draft>(begun.draft);
  const [wrong, setWrong] = useState<readonly Fault[]>([]);
  const [step, setStep] = useState<"write" | "preview">("write");
  const [templating, setTemplating] = useState(false);
  const summary = useRef<HTMLDivElement>(null);
  const content = useMemo(() => contentOf(draft, update), [draft, update]);
  const { saving, kept, flush } = useAutosave({ content, complete: canBeKept(draft), start: begun.kept, unsaved: begun.unsaved, onCreated });
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));

  const safe = saving.kind === "saved" || saving.kind === "idle";
  useEffect(() => {
    if (safe) forgetDraft(sessionStorage, begun.scope);
    else keepDraft(sessionStorage, begun.scope, { draft, version: kept?.version ?? 0 });
  }, [safe, draft, kept, begun.scope]);

  const preview = useMutation({
    mutationFn: async () => {
      await flush();
      return previewAnnouncement({ ...draftBody(draft), updates: update?.id ?? null });
    },
    onSuccess: () => setStep("preview"),
  });
  const submitted = (done: AnnouncementDraftSummary) => {
    forgetDraft(sessionStorage, begun.scope);
    announce(t(`drafts.became.${done.state}`));
    queryClient.setQueryData(oneDraftKey(done.id), done);
    void queryClient.invalidateQueries({ queryKey: DRAFTS_KEY });
    void queryClient.invalidateQueries({ queryKey: ANNOUNCEMENTS_KEY });
    navigate(done.state === "published" && done.announcement_id !== null ? `/announcements/${done.announcement_id}` : `/announcements/drafts/${done.id}`);
  };
  const send = useMutation({ mutationFn: async () => submitDraft(await flush()), onSuccess: submitted });
  const discard = useMutation({
    mutationFn: async () => {
      if (kept !== null) await deleteDraft(kept);
    },
    onSuccess: () => {
      forgetDraft(sessionStorage, begun.scope);
      void queryClient.invalidateQueries({ queryKey: DRAFTS_KEY });
      navigate(update === null ? "/announcements" : `/announcements/${update.id}`);
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
      <PreviewStep draft={draft} preview={preview.data} town={town} isUpdate={update !== null} isSending={send.isPending} onBack={() => setStep("write")} onSend={() => send.mutate()}>
        <Refusal error={send.error} />
      </PreviewStep>
    );
  }
  return (
    <form className="form editor" onSubmit={submit} noValidate aria-labelledby="editor-title">
      <header className="editor-head">
        <h2 id="editor-title">{update === null ? t("announcements.new") : t("announcements.updateTitle")}</h2>
        <SavingLine saving={saving} />
      </header>
      {draft.drill ? <DrillBanner /> : null}
      <Returned returned={begun.kept?.returned ?? null} />
      <FaultList draft={draft} wrong={wrong} summary={summary} />
      {update === null && kept === null ? <UseTemplate wanted={begun.templateId} onUse={setDraft} /> : null}
      <Check checked={draft.drill} label={t("editor.drill")} help={t("editor.drillHelp")} onChange={(drill) => change({ drill })} />
      <SubjectFields draft={draft} wrong={wrong} town={town} onChange={change} />
      <TextsField draft={draft} wrong={wrong} onChange={change} />
      <LanguageWarnings draft={draft} />
      <AttachmentsField attachments={draft.attachments} onChange={(attachments) => change({ attachments })} />
      <AreaField draft={draft} wrong={wrong} town={town} onChange={change} />
      <ValidityField draft={draft} wrong={wrong} onChange={change} />
      <CheckChoice
        legend={t("editor.channels")}
        options={DRAFT_CHANNELS.map((channel) => ({ value: channel, label: t(`channel.${channel}`) }))}
        values={draft.channels}
        isInvalid={wrong.includes("channels")}
        onChange={(channels) => change({ channels, channelsChosen: true })}
      />
      <PublishField draft={draft} wrong={wrong} onChange={change} />
      <Refusal error={preview.error ?? discard.error} />
      <div className="form-actions">
        <Button type="submit" className="button button-primary" isPending={preview.isPending}>
          {preview.isPending ? t("editor.counting") : t("editor.preview")}
        </Button>
        <Button className="button" onPress={() => setTemplating(true)}>
          {t("templates.keep")}
        </Button>
        <Button className="button" isPending={discard.isPending} onPress={() => discard.mutate()}>
          {t("editor.discard")}
        </Button>
      </div>
      {templating ? <SaveTemplateDialog draft={draft} onClose={() => setTemplating(false)} /> : null}
    </form>
  );
}

/** A refusal of what was written or handed in: somebody was faster, or the service's own words about what does not fit. */
function Refusal({ error }: { readonly error: unknown }) {
  const { t } = useTranslation();
  const problem = error === null ? null : asProblem(error);
  const words = problem?.kind === "conflict" ? t("announcements.changedMeanwhile") : problem?.kind === "invalid" && problem.detail !== "" ? problem.detail : null;
  return <ProblemLine error={error} act="writeAnnouncements" words={words} />;
}
