import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { localDate, useLanguage } from "@hejnal/shared";
import { Page } from "../app/Page.tsx";
import { useTown } from "../town/use-town.ts";

/** When this statement was last gone through, page by page. */
const REVIEWED = new Date("2026-11-22T12:00:00Z");

/** The accessibility statement, with the parts the act of 4 April 2019 asks for, in its order. */
export default function AccessibilityPage() {
  const { t } = useTranslation();
  const language = useLanguage();
  const { data: town } = useTown();
  const date = localDate(REVIEWED, new Date(0), language);
  return (
    <Page title={t("accessibility.title")} narrow>
      <p className="lead">{t("accessibility.lead")}</p>
      <p>{t("accessibility.duty", { town: town?.name ?? "" })}</p>
      <p>{t("accessibility.reviewed", { date })}</p>
      <h2>{t("accessibility.status")}</h2>
      <p>{t("accessibility.statusText")}</p>
      <h2>{t("accessibility.limits")}</h2>
      <ul>
        {(["photos", "pdf", "map"] as const).map((item) => (
          <li key={item}>{t(`accessibility.limitsList.${item}`)}</li>
        ))}
      </ul>
      <h2>{t("accessibility.prepared")}</h2>
      <p>{t("accessibility.check", { date })}</p>
      <h2>{t("accessibility.how")}</h2>
      <ul>
        {(["keyboard", "reader", "size", "colour", "motion"] as const).map((item) => (
          <li key={item}>{t(`accessibility.howList.${item}`)}</li>
        ))}
      </ul>
      <h2>{t("accessibility.keys")}</h2>
      <p>{t("accessibility.keysText")}</p>
      <h2>{t("accessibility.contact")}</h2>
      <p>
        {t("accessibility.contactText")} <Link href="/kontakty">{t("shell.contacts")}</Link>
      </p>
      <h2>{t("accessibility.complaint")}</h2>
      <p>{t("accessibility.complaintText")}</p>
      <p>
        <a href="https://bip.brpo.gov.pl/">{t("accessibility.ombudsman")}</a>
      </p>
      <h2>{t("accessibility.building")}</h2>
      <p>{t("accessibility.buildingText")}</p>
    </Page>
  );
}
