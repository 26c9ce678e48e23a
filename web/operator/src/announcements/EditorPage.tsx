import { ErrorState, Skeleton } from "@hejnal/shared";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { type AnnouncementDraftSummary, fetchDraft, oneDraftKey } from "../api/announcement-drafts.ts";
import { ANNOUNCEMENTS_KEY, fetchAnnouncement } from "../api/town.ts";
import { useSession } from "../session/session.tsx";
import { MayDo } from "../ui/ProblemLine.tsx";
import { AnnouncementEditor, type Begun } from "./AnnouncementEditor.tsx";
import { draftOf, draftOfContent, emptyDraft } from "./draft.ts";
import { DraftView } from "./DraftView.tsx";
import { keptDraft } from "./kept-draft.ts";

interface EditorPageProps {
  /** The draft that is opened; null: a new one. */
  readonly draftId: string | null;
  /** The announcement that is to be corrected. */
  readonly announcementId: string | null;
}

/** Writing: a new announcement, a kept draft, or a correction. A draft that is made here keeps its place when it gets an address. */
export function EditorPage({ draftId, announcementId }: EditorPageProps) {
  const { may } = useSession();
  const [, navigate] = useLocation();
  const [made, setMade] = useState<{ readonly id: string; readonly from: string } | null>(null);
  const asked = draftId ?? (announcementId === null ? "new" : `update-${announcementId}`);
  const key = made !== null && made.id === draftId ? made.from : asked;
  const onCreated = (draft: AnnouncementDraftSummary) => {
    setMade({ id: draft.id, from: key });
    navigate(`/announcements/drafts/${draft.id}`, { replace: true });
  };
  if (draftId === null && !may("writeAnnouncements")) {
    return (
      <p className="state">
        <MayDo act="writeAnnouncements" />
      </p>
    );
  }
  const here = made !== null && made.id === draftId;
  if (key === "new") return <NewDraft key="new" onCreated={onCreated} keptId={here ? draftId : null} />;
  if (key.startsWith("update-")) return <Correction key={key} announcementId={key.slice("update-".length)} onCreated={onCreated} keptId={here ? draftId : null} />;
  return <KeptDraft key={key} draftId={key} onCreated={onCreated} />;
}

/** Looks after what was handed in from here: once it is on its way, it is no longer written on. */
function useHandedIn(keptId: string | null): AnnouncementDraftSummary | null {
  const query = useQuery({ queryKey: oneDraftKey(keptId ?? ""), queryFn: () => fetchDraft(keptId ?? ""), enabled: false });
  const kept = keptId === null ? undefined : query.data;
  return kept === undefined || isWritable(kept) ? null : kept;
}

function isWritable(draft: AnnouncementDraftSummary): boolean {
  return draft.state === "draft" || draft.state === "rejected";
}

interface MadeHere {
  readonly onCreated: (draft: AnnouncementDraftSummary) => void;
  readonly keptId: string | null;
}

function NewDraft({ onCreated, keptId }: MadeHere) {
  const [begun] = useState<Begun>(() => {
    const templateId = new URLSearchParams(window.location.search).get("template");
    const local = templateId === null ? keptDraft(sessionStorage, "new", 0) : null;
    return { draft: local ?? emptyDraft(Date.now()), kept: null, update: null, scope: "new", unsaved: local !== null, templateId };
  });
  const handedIn = useHandedIn(keptId);
  return handedIn === null ? <AnnouncementEditor begun={begun} onCreated={onCreated} /> : <DraftView kept={handedIn} />;
}

/** Corrects an announcement from the version that is on the screen; news of it must not change the words being written. */
function Correction({ announcementId, onCreated, keptId }: MadeHere & { readonly announcementId: string }) {
  const query = useQuery({ queryKey: [...ANNOUNCEMENTS_KEY, "one", announcementId], queryFn: () => fetchAnnouncement(announcementId) });
  const [begun, setBegun] = useState<Begun | null>(null);
  const handedIn = useHandedIn(keptId);
  if (begun === null && query.data !== undefined && !query.isFetching) {
    const { id, version } = query.data;
    const scope = `update-${id}-${version}`;
    const local = keptDraft(sessionStorage, scope, 0);
    setBegun({ draft: local ?? draftOf(query.data), kept: null, update: { id, version }, scope, unsaved: local !== null, templateId: null });
  }
  if (handedIn !== null) return <DraftView kept={handedIn} />;
  if (begun !== null) return <AnnouncementEditor begun={begun} onCreated={onCreated} />;
  return query.isError ? <ErrorState error={query.error} onRetry={() => void query.refetch()} /> : <Skeleton rows={4} />;
}

function KeptDraft({ draftId, onCreated }: { readonly draftId: string; readonly onCreated: (draft: AnnouncementDraftSummary) => void }) {
  const { may } = useSession();
  const { t } = useTranslation();
  const query = useQuery({ queryKey: oneDraftKey(draftId), queryFn: () => fetchDraft(draftId) });
  const [begun, setBegun] = useState<Begun | null>(null);
  const kept = query.data;
  if (begun === null && kept !== undefined && !query.isFetching && isWritable(kept)) {
    const { announcement_id: of, expected_version: version } = kept.content;
    const local = keptDraft(sessionStorage, draftId, kept.version);
    const update = of === null || of === undefined || version === null || version === undefined ? null : { id: of, version };
    setBegun({ draft: local ?? draftOfContent(kept.content, kept.attachments, Date.parse(kept.changed_at)), kept, update, scope: draftId, unsaved: local !== null, templateId: null });
  }
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (kept !== undefined && !isWritable(kept)) return <DraftView kept={kept} />;
  if (!may("writeAnnouncements")) return <p className="state">{t("drafts.stillWritten")}</p>;
  return begun === null ? <Skeleton rows={4} /> : <AnnouncementEditor begun={begun} onCreated={onCreated} />;
}
