import { Icon, type IconName } from "@hejnal/shared";
import { useTranslation } from "react-i18next";
import type { Announcement } from "../api/town.ts";

const ICONS: Readonly<Record<Announcement["state"], IconName>> = { active: "megaphone", upcoming: "clock", past: "check", cancelled: "close" };

/** Whether an announcement holds now, and in which version. */
export function StateMark({ state, version }: { readonly state: Announcement["state"]; readonly version: number }) {
  const { t } = useTranslation();
  return (
    <span className={`status announcement-${state}`}>
      <Icon name={ICONS[state]} size="1.15em" />
      {t(`announcements.state.${state}`)}
      {version > 1 ? <span className="soft">{t("announcements.version", { version })}</span> : null}
    </span>
  );
}
