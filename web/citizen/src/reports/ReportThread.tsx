import { useState, type SyntheticEvent } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { answer, asProblem, ErrorState, useDateWords } from "@hejnal/shared";
import { Field } from "../app/fields.tsx";
import { useProblemSentence } from "../app/problem.ts";
import { api, type ReporterView } from "../api.ts";

interface ReportThreadProps {
  readonly report: ReporterView;
  readonly token: string | undefined;
}

const LONGEST = 4000;
const REFRESH_MS = 30_000;

/** Private messages between reporter and town: both write, nobody else reads. */
export function ReportThread({ report, token }: ReportThreadProps) {
  const { t } = useTranslation();
  const dates = useDateWords();
  const sentence = useProblemSentence();
  const queries = useQueryClient();
  const [text, setText] = useState("");
  const [key, setKey] = useState(() => crypto.randomUUID());
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const [news, setNews] = useState("");
  const queryKey = ["report-messages", report.id, token];
  const door = { path: { report_id: report.id }, query: token ? { token } : {} };
  const thread = useQuery({
    queryKey,
    queryFn: () => answer(api.GET("/api/v1/reports/{report_id}/messages", { params: door })),
    refetchInterval: REFRESH_MS,
  });

  const send = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (busy) return;
    setNews("");
    setError(text.trim() ? "" : t("reports.thread.missing"));
    if (!text.trim()) return;
    setBusy(true);
    try {
      const messages = await answer(
        api.POST("/api/v1/reports/{report_id}/messages", {
          params: { ...door, header: { "Idempotency-Key": key } },
          body: { text: text.trim() },
        }),
      );
      queries.setQueryData(queryKey, messages);
      setText("");
      setKey(crypto.randomUUID());
      setNews(t("reports.thread.sent"));
    } catch (cause) {
      setError(sentence(asProblem(cause)));
    } finally {
      setBusy(false);
    }
  };

  return (
    <section className="list-section">
      <h2>{t("reports.thread.title")}</h2>
      <p className="hint">{t("reports.thread.lead")}</p>
      {thread.error && !thread.data ? <ErrorState error={thread.error} onRetry={() => void thread.refetch()} /> : null}
      <ol className="thread" aria-live="polite">
        {thread.data?.items.map((message) => (
          <li key={message.id} className={`message message-${message.author}`}>
            <p className="timeline-head">
              <strong>{t(`reports.thread.${message.author}`)}</strong>
              <time dateTime={message.at}>{dates.moment(new Date(message.at))}</time>
            </p>
            <p className="plain-text">{message.text}</p>
          </li>
        ))}
      </ol>
      <form onSubmit={(event) => void send(event)} noValidate>
        <Field label={t("reports.thread.write")} error={error} value={text} onChange={setText} multiline rows={3} maxLength={LONGEST} />
        <div className="actions">
          <button type="submit" className="button" aria-disabled={busy}>
            {t("reports.thread.send")}
          </button>
          <p role="status" className="hint">
            {news}
          </p>
        </div>
      </form>
    </section>
  );
}
