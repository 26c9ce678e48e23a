import { useTranslation } from "react-i18next";
import { SeverityBadge, useDateWords, useLanguage } from "@hejnal/shared";
import type { AnnouncementDetail } from "../api.ts";
import { wording } from "./words.ts";

/** All versions, newest first, each with its own words: nothing the town said is hidden. */
export function VersionHistory({ history }: { readonly history: AnnouncementDetail["history"] }) {
  const { t } = useTranslation();
  const reader = useLanguage();
  const dates = useDateWords();
  return (
    <section className="list-section">
      <h2>{t("announcement.history")}</h2>
      <ol className="timeline" reversed>
        {history.map((version) => {
          const { text, language } = wording(version.texts, reader);
          return (
            <li key={version.version}>
              <p className="timeline-head">
                <strong>{t(`announcement.kind.${version.kind}`)}</strong> <time dateTime={version.issued_at}>{dates.moment(new Date(version.issued_at))}</time>
              </p>
              <p lang={language}>
                <strong>{text.title}</strong>
              </p>
              <p className="plain-text" lang={language}>
                {text.body}
              </p>
              {version.kind === "cancelled" ? null : (
                <p className="card-tags">
                  <SeverityBadge severity={version.severity} />
                  <span className="hint">{t("announcement.validUntil", { until: dates.until(new Date(version.valid_until)) })}</span>
                </p>
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
