import { useState, type SyntheticEvent } from "react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { answer, asProblem, ErrorState, useDateWords } from "@hejnal/shared";
import { Field } from "../app/fields.tsx";
import { useProblemSentence } from "../app/problem.ts";
import { api, type ConsultationDetail } from "../api.ts";
import { isOpen } from "./use-consultations.ts";

const LONGEST = 4000;
const PAGE = 20;

/** What others think, and one's own word. Nobody is asked who they are. */
export function Opinions({ consultation }: { readonly consultation: ConsultationDetail }) {
  const { t } = useTranslation();
  const dates = useDateWords();
  const sentence = useProblemSentence();
  const [text, setText] = useState("");
  const [error, setError] = useState("");
  const [news, setNews] = useState("");
  const [busy, setBusy] = useState(false);
  const path = { consultation_id: consultation.id };
  const opinions = useInfiniteQuery({
    queryKey: ["opinions", consultation.id],
    queryFn: ({ pageParam }) =>
      answer(
        api.GET("/api/v1/consultations/{consultation_id}/opinions", {
          params: { path, query: pageParam ? { limit: PAGE, cursor: pageParam } : { limit: PAGE } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: ({ next_cursor: next }) => next ?? undefined,
  });
  const shown = opinions.data?.pages.flatMap(({ items }) => items) ?? [];

  const send = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (busy) return;
    setNews("");
    setError(text.trim() ? "" : t("consultations.opinionMissing"));
    if (!text.trim()) return;
    setBusy(true);
    try {
      const { state } = await answer(
        api.POST("/api/v1/consultations/{consultation_id}/opinions", {
          params: { path, header: { "Idempotency-Key": crypto.randomUUID() } },
          body: { text: text.trim() },
        }),
      );
      setText("");
      setNews(state === "shown" ? t("consultations.opinionShown") : t("consultations.opinionWaits"));
      if (state === "shown") await opinions.refetch();
    } catch (cause) {
      setError(sentence(asProblem(cause)));
    } finally {
      setBusy(false);
    }
  };

  return (
    <section className="list-section">
      <h2>{t("consultations.opinions")}</h2>
      {opinions.error && !opinions.data ? <ErrorState error={opinions.error} onRetry={() => void opinions.refetch()} /> : null}
      {opinions.data && !shown.length ? <p className="hint">{t("consultations.noOpinions")}</p> : null}
      <ol className="thread">
        {shown.map((opinion) => (
          <li key={opinion.id} className="message">
            <p className="plain-text">{opinion.text}</p>
            <p className="hint">
              {t(`consultations.way.${opinion.way}`)}, {dates.moment(new Date(opinion.at))}
            </p>
          </li>
        ))}
      </ol>
      {opinions.hasNextPage ? (
        <button type="button" className="button more-button" onClick={() => void opinions.fetchNextPage()}>
          {t("consultations.moreOpinions")}
        </button>
      ) : null}
      {isOpen(consultation) ? (
        <form onSubmit={(event) => void send(event)} noValidate>
          <Field
            label={t("consultations.yourOpinion")}
            hint={consultation.opinions === "after_moderation" ? t("consultations.opinionHint") : t("consultations.opinionHintAtOnce")}
            error={error}
            value={text}
            onChange={setText}
            multiline
            rows={4}
            maxLength={LONGEST}
          />
          <div className="actions">
            <button type="submit" className="button" aria-disabled={busy}>
              {t("consultations.sendOpinion")}
            </button>
            <p role="status">{news}</p>
          </div>
        </form>
      ) : null}
    </section>
  );
}
