import { Icon } from "@hejnal/shared";
import { useTranslation } from "react-i18next";

/** Says over the whole width that these are exercises; nothing else on the console looks like it. */
export function DrillBanner({ children }: { readonly children?: React.ReactNode }) {
  const { t } = useTranslation();
  return (
    <p className="drill-banner">
      <Icon name="megaphone" />
      <span>
        <strong>{t("drill.title")}</strong> {children ?? t("drill.means")}
      </span>
    </p>
  );
}
