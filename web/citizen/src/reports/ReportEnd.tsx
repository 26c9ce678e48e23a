import { useState, type SyntheticEvent } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { answer, asProblem } from "@hejnal/shared";
import { Field } from "../app/fields.tsx";
import { useProblemSentence } from "../app/problem.ts";
import { api, type ReporterView } from "../api.ts";

interface ReportEndProps {
  readonly report: ReporterView;
  readonly token: string | undefined;
}

const RATINGS = [1, 2, 3, 4, 5] as const;

/** Of a closed report: was it done well, and if it was not done at all, back to the town with it. */
export function ReportEnd({ report, token }: ReportEndProps) {
  const { t } = useTranslation();
  const sentence = useProblemSentence();
  const queries = useQueryClient();
  const [rating, setRating] = useState(report.rating ?? 0);
  const [comment, setComment] = useState("");
  const [rated, setRated] = useState(false);
  const [reopening, setReopening] = useState(false);
  const [reason, setReason] = useState("");
  const [error, setError] = useState<"rating" | "reason" | null>(null);
  const [failure, setFailure] = useState("");
  const [busy, setBusy] = useState(false);
  const params = { path: { report_id: report.id }, query: token ? { token } : {} };

  const attempt = async (work: () => Promise<ReporterView>, done: () => void) => {
    if (busy) return;
    setBusy(true);
    setFailure("");
    try {
      queries.setQueryData(["report", report.id, token], await work());
      done();
    } catch (cause) {
      setFailure(sentence(asProblem(cause)));
    } finally {
      setBusy(false);
    }
  };
  const rate = (event: SyntheticEvent) => {
    event.preventDefault();
    setError(rating ? null : "rating");
    if (!rating) return;
    void attempt(
      () => answer(api.PUT("/api/v1/reports/{report_id}/satisfaction", { params, body: { rating, comment: comment.trim() } })),
      () => setRated(true),
    );
  };
  const reopen = (event: SyntheticEvent) => {
    event.preventDefault();
    setError(reason.trim() ? null : "reason");
    if (!reason.trim()) return;
    void attempt(
      () => answer(api.POST("/api/v1/reports/{report_id}/reopening", { params, body: { reason: reason.trim() } })),
      () => setReopening(false),
    );
  };

  if (report.status !== "closed") return null;
  return (
    <section className="card" aria-labelledby="end-heading">
      <h2 id="end-heading">{t("reports.end.title")}</h2>
      <form onSubmit={rate} noValidate>
        <fieldset className="ratings" aria-describedby={error === "rating" ? "rating-error" : undefined}>
          <legend className="visually-hidden">{t("reports.end.title")}</legend>
          {RATINGS.map((value) => (
            <label key={value} className="rating">
              <input
                type="radio"
                name="rating"
                value={value}
                checked={rating === value}
                onChange={() => {
                  setRating(value);
                  setRated(false);
                }}
              />
              <span>
                <strong aria-hidden="true">{value}</strong> {t(`reports.end.rating.${value}`)}
              </span>
            </label>
          ))}
        </fieldset>
        {error === "rating" ? (
          <p id="rating-error" className="field-error" role="alert">
            {t("reports.end.ratingMissing")}
          </p>
        ) : null}
        <Field label={t("reports.end.comment")} value={comment} onChange={setComment} multiline rows={2} maxLength={1000} />
        <div className="actions">
          <button type="submit" className="button" aria-disabled={busy}>
            {t("reports.end.rate")}
          </button>
          <p role="status" className="hint">
            {rated ? t("reports.end.rated") : ""}
          </p>
        </div>
      </form>
      {report.can_reopen && !reopening ? (
        <button type="button" className="link-button" onClick={() => setReopening(true)}>
          {t("reports.end.reopenAsk")}
        </button>
      ) : null}
      {report.can_reopen && reopening ? (
        <form onSubmit={reopen} noValidate>
          <Field
            label={t("reports.end.reason")}
            error={error === "reason" ? t("reports.end.reasonMissing") : ""}
            value={reason}
            onChange={setReason}
            multiline
            rows={3}
            maxLength={2000}
            isRequired
          />
          <div className="actions">
            <button type="submit" className="button-primary" aria-disabled={busy}>
              {t("reports.end.reopen")}
            </button>
            <button type="button" className="button" onClick={() => setReopening(false)}>
              {t("reports.end.cancel")}
            </button>
          </div>
        </form>
      ) : null}
      {failure ? (
        <p className="field-error" role="alert">
          {failure}
        </p>
      ) : null}
    </section>
  );
}
