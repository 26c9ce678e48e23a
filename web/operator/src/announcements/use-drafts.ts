import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { DRAFTS_KEY, fetchDrafts } from "../api/announcement-drafts.ts";
import { useSession } from "../session/session.tsx";
import { grouped, LISTED } from "./draft-lists.ts";

/** Drafts by what they wait for; looked at again now and then, since others write them too. */
export function useDrafts() {
  const { staff, may } = useSession();
  const query = useQuery({ queryKey: [...DRAFTS_KEY, "list"], queryFn: () => fetchDrafts(LISTED), refetchInterval: 20_000, enabled: may("seeDrafts") });
  const groups = useMemo(() => grouped(query.data ?? [], staff.account_id, may("approveAnnouncements")), [query.data, staff, may]);
  return { query, groups, waitingForMe: groups.get("mine")?.length ?? 0 };
}
