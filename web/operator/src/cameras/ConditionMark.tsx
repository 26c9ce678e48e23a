import { useTranslation } from "react-i18next";
import type { Condition } from "../api/cameras.ts";
import { ConsoleIcon, type ConsoleIconName } from "../ui/icons.tsx";

const ICONS: Readonly<Record<Condition, ConsoleIconName>> = {
  live: "live",
  connecting: "connecting",
  retrying: "gone",
  off: "off",
  unknown: "late",
};

/** A camera's condition as icon and word; colour only where something needs a person. */
export function ConditionMark({ condition, wordHidden = false }: { readonly condition: Condition; readonly wordHidden?: boolean }) {
  const { t } = useTranslation();
  return (
    <span className={`condition condition-${condition}`}>
      <ConsoleIcon name={ICONS[condition]} size="1.2em" />
      <span className={wordHidden ? "visually-hidden" : undefined}>{t(`condition.${condition}`)}</span>
    </span>
  );
}
