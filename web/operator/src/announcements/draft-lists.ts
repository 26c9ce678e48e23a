import type { AnnouncementDraftSummary, DraftState } from "../api/announcement-drafts.ts";

export const LISTED: readonly DraftState[] = ["draft", "waiting_approval", "scheduled", "rejected"];
export const GROUPS = ["mine", "others", "scheduled", "written"] as const;
export type Group = (typeof GROUPS)[number];

/** Which of the drafts wait for this person, for somebody else, for their hour, and which are still being written. */
export function grouped(drafts: readonly AnnouncementDraftSummary[], accountId: string, mayApprove: boolean): ReadonlyMap<Group, readonly AnnouncementDraftSummary[]> {
  const groupOf = (draft: AnnouncementDraftSummary): Group => {
    if (draft.state === "waiting_approval") return mayApprove && !draft.authors.includes(accountId) ? "mine" : "others";
    return draft.state === "scheduled" ? "scheduled" : "written";
  };
  return new Map(GROUPS.map((group) => [group, drafts.filter((draft) => groupOf(draft) === group)]));
}
