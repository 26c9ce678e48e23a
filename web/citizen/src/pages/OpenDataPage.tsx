import { useTranslation } from "react-i18next";
import { Page } from "../app/Page.tsx";

const FEEDS = [
  ["atom", "/feeds/announcements.atom"],
  ["calendar", "/feeds/announcements.ics"],
  ["cap", "/cap/index.atom"],
  ["lifeSign", "/cap/life-sign.xml"],
] as const;
const FILES = [
  ["announcements", "/open-data/announcements.geojson", "/open-data/announcements.csv"],
  ["reports", "/open-data/reports.geojson", "/open-data/reports.csv"],
] as const;

/** What other programs and sites can take from the town, without asking. */
export default function OpenDataPage() {
  const { t } = useTranslation();
  return (
    <Page title={t("openData.title")} narrow>
      <p className="lead">{t("openData.lead")}</p>
      <h2>{t("openData.feeds")}</h2>
      <dl className="facts">
        {FEEDS.map(([name, address]) => (
          <div key={name}>
            <dt>{t(`openData.feed.${name}`)}</dt>
            <dd>
              <a href={address}>{address}</a>
            </dd>
          </div>
        ))}
      </dl>
      <h2>{t("openData.files")}</h2>
      <ul>
        {FILES.map(([name, geojson, csv]) => (
          <li key={name}>
            {t(`openData.file.${name}`)}: <a href={geojson}>{t("openData.geojson")}</a>, <a href={csv}>{t("openData.csv")}</a>
          </li>
        ))}
        <li>
          <a href="/open-data">{t("openData.catalogue")}</a>
        </li>
      </ul>
      <h2>{t("openData.programs")}</h2>
      <ul>
        <li>
          <a href="/api/v1/docs">{t("openData.api")}</a>
        </li>
        <li>
          <a href="/open311/v2/discovery.json">{t("openData.open311")}</a>
        </li>
      </ul>
      <p className="hint">{t("openData.licence")}</p>
    </Page>
  );
}
