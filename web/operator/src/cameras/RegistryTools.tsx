import { useTranslation } from "react-i18next";
import { Link } from "wouter";

/** What the keeper of the registry can begin: a camera by hand, by discovery, or many from a file. */
export function RegistryTools() {
  const { t } = useTranslation();
  return (
    <nav className="page-tools" aria-label={t("registry.tools")}>
      <Link href="/cameras/new" className="button button-primary">
        {t("cameras.add")}
      </Link>
      <Link href="/cameras/discovery" className="button">
        {t("discovery.open")}
      </Link>
      <Link href="/cameras/import" className="button">
        {t("importing.open")}
      </Link>
    </nav>
  );
}
