import { exactTime, Icon, useLanguage } from "@hejnal/shared";
import { useTranslation } from "react-i18next";
import type { AnnouncementDraftSummary } from "../api/announcement-drafts.ts";

/** Why a draft came back to those who wrote it. */
export function Returned({ returned }: { readonly returned: AnnouncementDraftSummary["returned"] }) {
  const { t } = useTranslation();
  const language = useLanguage();
  if (returned === null) return null;
  return (
    <p className="problem-line">
      <Icon name="warning" />
      <span>
        <strong>{t(`drafts.returned.${returned.why}`)}</strong> <span className="soft">{exactTime(new Date(returned.at), language)}</span>
        {returned.detail === "" || returned.why !== "rejected" ? null : <q className="story-answer">{returned.detail}</q>}
      </span>
    </p>
  );
}
