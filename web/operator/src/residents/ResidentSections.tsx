import { useTranslation } from "react-i18next";
import { useSession } from "../session/session.tsx";
import { Sections } from "../ui/Sections.tsx";
import "../alerts/alerts.css";
import "../styles/town-desk.css";

/** The rooms of what the town keeps about people: bringing in the SMS base, one person's consents, requests for footage. */
export function ResidentSections() {
  const { t } = useTranslation();
  const { may } = useSession();
  return (
    <Sections
      label={t("residents.rooms")}
      rooms={[
        ...(may("handleFootageRequests") ? [{ path: "/footage-requests", word: t("footage.title") }] : []),
        ...(may("findResidents") ? [{ path: "/residents", word: t("residents.title") }] : []),
        ...(may("importResidents") ? [{ path: "/resident-import", word: t("residentImport.title") }] : []),
      ]}
    />
  );
}
