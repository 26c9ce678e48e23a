import { categoryIcon, EmptyState } from "@hejnal/shared";
import { TownMap } from "@hejnal/shared/map";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { ReportSummary } from "../api/town.ts";
import { boundsOfReports } from "./report-filter.ts";
import { useTown } from "./use-town.ts";

interface QueueMapProps {
  readonly reports: readonly ReportSummary[];
  readonly onOpen: (reportId: string) => void;
}

/** The queue on the map while no report is open; the list beside it says the same. */
export function QueueMap({ reports, onOpen }: QueueMapProps) {
  const { t } = useTranslation();
  const { town, reportCategory } = useTown();
  const markers = useMemo(
    () =>
      reports.map((report) => ({
        id: report.id,
        place: report.place,
        label: `${report.reference}, ${reportCategory(report.category)}, ${report.address}`,
        icon: categoryIcon(report.category),
        ...(report.urgent ? { tone: "emergency" as const } : report.status === "received" ? { tone: "warning" as const } : {}),
      })),
    [reports, reportCategory],
  );
  const focus = useMemo(() => boundsOfReports(reports), [reports]);
  if (town === null || reports.length === 0) return <EmptyState icon="pin" title={t("reports.choose")} />;
  return (
    <div className="queue-map">
      <p className="soft">{t("reports.chooseOnMap")}</p>
      <TownMap label={t("reports.queueMap")} bounds={town.bounds} scheme="dark" markers={markers} onSelect={onOpen} {...(focus === null ? {} : { focus })} {...(town.map_url === null ? {} : { tiles: town.map_url })} />
    </div>
  );
}
