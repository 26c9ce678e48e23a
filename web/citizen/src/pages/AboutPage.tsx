import { useTranslation } from "react-i18next";
import { Page } from "../app/Page.tsx";

export default function AboutPage() {
  const { t } = useTranslation();
  return (
    <Page title={t("about.title")} narrow>
      <p className="lead">{t("about.lead")}</p>
      <h2>{t("about.does")}</h2>
      <ul>
        {(["know", "notify", "report"] as const).map((item) => (
          <li key={item}>{t(`about.doesList.${item}`)}</li>
        ))}
      </ul>
      <h2>{t("about.emergency")}</h2>
      <p>{t("about.emergencyText")}</p>
      <h2>{t("about.privacy")}</h2>
      <p>{t("about.privacyText")}</p>
      <p className="hint">{t("about.source")}</p>
    </Page>
  );
}
