import { Icon, type IconName } from "@hejnal/shared";
import { useTranslation } from "react-i18next";
import type { Consultation } from "../api/consultations.ts";

const ICONS: Readonly<Record<Consultation["state"], IconName>> = { draft: "list", scheduled: "clock", open: "megaphone", counting: "warning", closed: "check" };

/** How a consultation stands; that votes on paper are being counted asks for somebody to end it. */
export function ConsultationMark({ state }: { readonly state: Consultation["state"] }) {
  const { t } = useTranslation();
  return (
    <span className={state === "counting" ? "status attention" : "status"}>
      <Icon name={ICONS[state]} size="1.15em" />
      {t(`consultations.state.${state}`)}
    </span>
  );
}
