import { useState, type SyntheticEvent } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { answer, asProblem, useLanguage } from "@hejnal/shared";
import { Link } from "wouter";
import { useProblemSentence } from "../app/problem.ts";
import { api, type ConsultationDetail } from "../api.ts";
import { useMe } from "../residents/use-me.ts";
import { consultationKey, inLanguage } from "./use-consultations.ts";

/** The ballot. What one vote means here stands above it; a vote can be changed until the end. */
export function VoteForm({ consultation }: { readonly consultation: ConsultationDetail }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const sentence = useProblemSentence();
  const queries = useQueryClient();
  const { data: me } = useMe();
  const { id, options, most_choices: most, my_choices: mine } = consultation;
  const [choices, setChoices] = useState<readonly string[]>(mine ?? []);
  const [error, setError] = useState("");
  const [news, setNews] = useState("");
  const [busy, setBusy] = useState(false);
  const single = most === 1;
  const signInNeeded = consultation.vote_rule === "person" && !me;

  const choose = (code: string, on: boolean) => {
    setNews("");
    setError("");
    if (single) setChoices([code]);
    else setChoices(on ? [...choices, code] : choices.filter((other) => other !== code));
  };
  const vote = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (busy) return;
    if (!choices.length || choices.length > most) {
      setError(choices.length ? t("consultations.tooMany", { most }) : t("consultations.chooseFirst"));
      return;
    }
    setBusy(true);
    setError("");
    try {
      const stored = await answer(
        api.POST("/api/v1/consultations/{consultation_id}/votes", {
          params: { path: { consultation_id: id }, header: { "Idempotency-Key": crypto.randomUUID() } },
          body: { choices: [...choices] },
        }),
      );
      queries.setQueryData(consultationKey(id), { ...consultation, my_choices: stored.choices });
      setNews(stored.replaced ? t("consultations.changed") : t("consultations.voted"));
    } catch (cause) {
      setError(sentence(asProblem(cause)));
    } finally {
      setBusy(false);
    }
  };

  return (
    <section className="card" aria-labelledby="vote-heading">
      <h2 id="vote-heading">{t("consultations.vote")}</h2>
      <p className="hint">{inLanguage(consultation.vote_statement, language)}</p>
      {signInNeeded ? (
        <>
          <p>{t("consultations.signIn")}</p>
          <div className="actions">
            <Link href={`/logowanie?dalej=/konsultacje/${id}`} className="button-primary">
              {t("shell.signIn")}
            </Link>
          </div>
        </>
      ) : (
        <form onSubmit={(event) => void vote(event)}>
          <fieldset className="plain-fieldset" aria-describedby={error ? "vote-error" : undefined}>
            <legend className="visually-hidden">{t("consultations.vote")}</legend>
            {single ? null : <p className="hint">{t("consultations.most", { most })}</p>}
            {options.map(({ code, names }) => (
              <label key={code} className={single ? "radio" : "checkbox"}>
                <input
                  type={single ? "radio" : "checkbox"}
                  name="vote"
                  checked={choices.includes(code)}
                  onChange={({ target }) => choose(code, target.checked)}
                />
                <span>{inLanguage(names, language)}</span>
              </label>
            ))}
          </fieldset>
          {error ? (
            <p id="vote-error" className="field-error" role="alert">
              {error}
            </p>
          ) : null}
          <div className="actions">
            <button type="submit" className="button-primary" aria-disabled={busy}>
              {mine ? t("consultations.changeVote") : t("consultations.castVote")}
            </button>
            <p role="status">{news || (mine ? t("consultations.haveVoted") : "")}</p>
          </div>
        </form>
      )}
    </section>
  );
}
