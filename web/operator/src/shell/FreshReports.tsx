import { Icon } from "@hejnal/shared";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { useEvents } from "../events/EventsProvider.tsx";
import { useTown } from "../reports/use-town.ts";
import { useSession } from "../session/session.tsx";

const SHOWN = 3;

/** New reports at the edge of the screen until somebody has acknowledged them; on the reports' own page the list says it. */
export function FreshReports() {
  const { t } = useTranslation();
  const { may } = useSession();
  const { freshReports, acknowledge } = useEvents();
  const { reportCategory } = useTown();
  const [location] = useLocation();
  if (freshReports.length === 0 || !may("readReports") || location.startsWith("/reports")) return null;
  return (
    <section className="edge-group" aria-label={t("fresh.label")}>
      {freshReports.slice(0, SHOWN).map((news, index) => (
        <article key={news.reportId} className={news.urgent ? "edge-card edge-card-urgent" : "edge-card"}>
          <p className="edge-title">
            <Icon name={news.urgent ? "warning" : "pin"} />
            {news.urgent ? t("fresh.urgent") : t("fresh.one")}
          </p>
          <p>
            <Link href={`/reports/${news.reportId}`} onClick={() => acknowledge(news.reportId)}>
              {news.reference} {reportCategory(news.category)}
            </Link>
          </p>
          <p className="soft">{news.address}</p>
          <Button className="button" onPress={() => acknowledge(news.reportId)}>
            {t("fresh.acknowledge")}
            {index === 0 ? <kbd>{t("keys.space")}</kbd> : null}
          </Button>
        </article>
      ))}
      {freshReports.length > SHOWN ? <p className="edge-more">{t("fresh.more", { count: freshReports.length - SHOWN })}</p> : null}
    </section>
  );
}
