import { useTranslation } from "react-i18next";
import { Icon, useLanguage } from "@hejnal/shared";
import type { AnnouncementDetail } from "../api.ts";

/** Pictures and files of an announcement. A file says what opens and how large it is before anybody pays for it. */
export function Attachments({ announcement: { id, attachments } }: { readonly announcement: AnnouncementDetail }) {
  const { t } = useTranslation();
  const language = useLanguage();
  if (!attachments.length) return null;
  const size = (bytes: number) =>
    new Intl.NumberFormat(language, { style: "unit", unit: bytes < 1e6 ? "kilobyte" : "megabyte", maximumFractionDigits: bytes < 1e6 ? 0 : 1 }).format(
      bytes / (bytes < 1e6 ? 1e3 : 1e6),
    );
  return (
    <section className="list-section">
      <h2>{t("announcement.attachments")}</h2>
      <ul className="attachments">
        {attachments.map((attachment) => {
          const address = `/api/v1/announcements/${id}/attachments/${attachment.id}`;
          const picture = attachment.media_type === "image/jpeg";
          return (
            <li key={attachment.id}>
              {picture ? (
                <a href={address}>
                  <img
                    src={address}
                    alt={attachment.description || attachment.name}
                    width={attachment.width ?? undefined}
                    height={attachment.height ?? undefined}
                    loading="lazy"
                  />
                </a>
              ) : (
                <a href={address} download={attachment.name} className="attachment-file">
                  <Icon name="other" />
                  <span>
                    {attachment.description || attachment.name}
                    <small>
                      {t("announcement.pdf", { size: size(attachment.size_bytes), pages: attachment.pages ?? 1 })}
                    </small>
                  </span>
                </a>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
