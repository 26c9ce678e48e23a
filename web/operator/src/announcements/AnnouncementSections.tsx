import { useTranslation } from "react-i18next";
import { useSession } from "../session/session.tsx";
import { Sections } from "../ui/Sections.tsx";
import { useDrafts } from "./use-drafts.ts";
import "../alerts/alerts.css";

/** The rooms of announcements: what was said, what waits, texts to begin with, and what they can be about. */
export function AnnouncementSections() {
  const { t } = useTranslation();
  const { may } = useSession();
  const { waitingForMe } = useDrafts();
  return (
    <Sections
      label={t("announcements.rooms")}
      rooms={[
        { path: "/announcements", word: t("nav.announcements"), but: ["/announcements/drafts"] },
        ...(may("seeDrafts") ? [{ path: "/announcements/drafts", word: t("drafts.title"), count: waitingForMe, countLabel: t("drafts.waitingForYou", { count: waitingForMe }) }] : []),
        ...(may("writeAnnouncements")
          ? [
              { path: "/announcement-templates", word: t("templates.title") },
              { path: "/announcement-categories", word: t("announcementCategories.title") },
            ]
          : []),
      ]}
    />
  );
}
