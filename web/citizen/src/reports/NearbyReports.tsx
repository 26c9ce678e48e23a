import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { answer, type LatLon, useDateWords } from "@hejnal/shared";
import { api } from "../api.ts";

interface NearbyReportsProps {
  readonly place: LatLon | null;
  readonly category: string;
}

const NEAR_M = 150;

/** Open reports of the same kind close by: perhaps the town knows already. */
export function NearbyReports({ place, category }: NearbyReportsProps) {
  const { t } = useTranslation();
  const dates = useDateWords();
  const { data } = useQuery({
    queryKey: ["reports-near", category, place?.lat, place?.lon],
    queryFn: () =>
      answer(
        api.GET("/api/v1/reports", {
          params: {
            query: {
              category: [category],
              status: ["received", "in_progress", "planned"],
              near: `${place?.lat ?? 0},${place?.lon ?? 0}`,
              radius_m: NEAR_M,
              limit: 3,
            },
          },
        }),
      ),
    enabled: place !== null,
  });
  if (!data?.items.length) return null;
  return (
    <section className="notice-box">
      <p>{t("report.details.nearby")}</p>
      <ul>
        {data.items.map(({ id, street, status, submitted_at: at }) => (
          <li key={id}>
            {[street, t(`reports.status.${status}`), dates.moment(new Date(at))].filter(Boolean).join(", ")}
          </li>
        ))}
      </ul>
    </section>
  );
}
