import { useTranslation } from "react-i18next";
import { EmptyState } from "@hejnal/shared";
import { Link } from "wouter";
import { Page } from "../app/Page.tsx";

export default function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <Page title={t("notFound.title")}>
      <EmptyState icon="search" title={t("notFound.text")}>
        <Link href="/" className="button-primary">
          {t("shell.backHome")}
        </Link>
      </EmptyState>
    </Page>
  );
}
