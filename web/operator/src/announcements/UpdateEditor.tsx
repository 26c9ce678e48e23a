import { ErrorState, Skeleton } from "@hejnal/shared";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type AnnouncementDetail, ANNOUNCEMENTS_KEY, fetchAnnouncement } from "../api/town.ts";
import { useSession } from "../session/session.tsx";
import { MayDo } from "../ui/ProblemLine.tsx";
import { AnnouncementEditor } from "./AnnouncementEditor.tsx";

/** Corrects an announcement from the version that is on the screen; news of it must not change the words being written. */
export function UpdateEditor({ announcementId }: { readonly announcementId: string }) {
  const { may } = useSession();
  const query = useQuery({ queryKey: [...ANNOUNCEMENTS_KEY, "one", announcementId], queryFn: () => fetchAnnouncement(announcementId) });
  const [begun, setBegun] = useState<AnnouncementDetail | null>(null);
  if (!may("writeAnnouncements")) {
    return (
      <p className="state">
        <MayDo act="writeAnnouncements" />
      </p>
    );
  }
  if (begun === null && query.data !== undefined && !query.isFetching) setBegun(query.data);
  if (begun !== null) return <AnnouncementEditor update={begun} />;
  return query.isError ? <ErrorState error={query.error} onRetry={() => void query.refetch()} /> : <Skeleton rows={4} />;
}
