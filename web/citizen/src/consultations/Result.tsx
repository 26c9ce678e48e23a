import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { answer, ErrorState, Skeleton, useLanguage } from "@hejnal/shared";
import { api } from "../api.ts";
import { inLanguage } from "./use-consultations.ts";

/** What came out: every count in words and as a bar, how the votes came, and what they do not prove. */
export function Result({ id }: { readonly id: string }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { data, error, refetch } = useQuery({
    queryKey: ["consultation-result", id],
    queryFn: () => answer(api.GET("/api/v1/consultations/{consultation_id}/result", { params: { path: { consultation_id: id } } })),
    staleTime: 600_000,
  });
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton rows={1} />;
  const all = data.options.reduce((sum, { votes }) => sum + votes, 0);
  const ways = (["person", "device", "paper"] as const).filter((way) => data.voters_by_way[way]);
  return (
    <section className="card" aria-labelledby="result-heading">
      <h2 id="result-heading">{t("consultations.result")}</h2>
      {data.vote_rule === "none" ? null : (
        <>
          <p>{t("consultations.voters", { count: data.voters })}</p>
          <ul className="result-bars">
            {[...data.options]
              .sort((a, b) => b.votes - a.votes)
              .map(({ code, names, votes }) => (
                <li key={code}>
                  <span>{inLanguage(names, language)}</span>
                  <strong>{t("consultations.votes", { count: votes })}</strong>
                  <meter min={0} max={Math.max(1, all)} value={votes} aria-hidden="true" />
                </li>
              ))}
          </ul>
          {ways.length ? (
            <p className="hint">{ways.map((way) => t(`consultations.votersBy.${way}`, { count: data.voters_by_way[way] ?? 0 })).join(", ")}</p>
          ) : null}
          <p className="hint">{inLanguage(data.vote_statement, language)}</p>
        </>
      )}
      <p className="hint">{t("consultations.opinionCounts", { received: data.opinions.received, hidden: data.opinions.hidden })}</p>
      <p>
        <a href={`/api/v1/consultations/${id}/result.csv`} download>
          {t("consultations.csv")}
        </a>
      </p>
    </section>
  );
}
