import { useTranslation } from "react-i18next";
import { Page } from "../app/Page.tsx";

export default function AccessibilityPage() {
  const { t } = useTranslation();
  return (
    <Page title={t("accessibility.title")} narrow>
      <p className="lead">{t("accessibility.lead")}</p>
      <h2>{t("accessibility.status")}</h2>
      <p>{t("accessibility.statusText")}</p>
      <p>{t("accessibility.check")}</p>
      <h2>{t("accessibility.how")}</h2>
      <ul>
        {(["keyboard", "reader", "size", "colour", "motion"] as const).map((item) => (
          <li key={item}>{t(`accessibility.howList.${item}`)}</li>
        ))}
      </ul>
      <h2>{t("accessibility.limits")}</h2>
      <p>{t("accessibility.limitsText")}</p>
      <h2>{t("accessibility.contact")}</h2>
      <p>{t("accessibility.contactText")}</p>
    </Page>
  );
}
