import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { useSession } from "../session/session.tsx";

/** The rooms of alerting: what waits, what belongs together, and for the administrator what raises and tells it. */
export function AlertSections() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [location] = useLocation();
  const rooms = [
    { path: "/alerts", word: "alerts", here: location.startsWith("/alerts") },
    { path: "/incidents", word: "incidents", here: location.startsWith("/incidents") },
    ...(may("keepAlertRules")
      ? [
          { path: "/alert-rules", word: "rules", here: location.startsWith("/alert-rules") } as const,
          { path: "/webhooks", word: "webhooks", here: location.startsWith("/webhooks") } as const,
        ]
      : []),
  ] as const;
  return (
    <nav aria-label={t("alerts.rooms")}>
      <ul className="sections">
        {rooms.map((room) => (
          <li key={room.path}>
            <Link href={room.path} className="section-link" aria-current={room.here ? "page" : undefined}>
              {t(`alerts.room.${room.word}`)}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
