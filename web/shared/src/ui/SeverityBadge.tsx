import { useTranslation } from "react-i18next";
import { Icon } from "./icons.tsx";

export const SEVERITIES = ["info", "notice", "warning", "emergency"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Icon, word and colour together: never colour alone. */
export function SeverityBadge({ severity }: { readonly severity: Severity }) {
  const { t } = useTranslation("shared");
  return (
    <span className={`severity severity-${severity}`}>
      <Icon name={severity} size="1.15em" />
      {t(`severity.${severity}`)}
    </span>
  );
}
