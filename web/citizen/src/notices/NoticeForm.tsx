import { useState } from "react";
import { useTranslation } from "react-i18next";
import { asProblem, isLanguage, LANGUAGE_NAMES, LANGUAGES, SEVERITIES } from "@hejnal/shared";
import { useProblemSentence } from "../app/problem.ts";
import type { Town } from "../api.ts";
import { PlacesField } from "./PlacesField.tsx";
import { TopicTable } from "./TopicTable.tsx";
import { filtersOf, type Wish, type WishChannel } from "./wish.ts";

interface NoticeFormProps {
  /** Changes when `stored` is another state than before; the form then shows that one and keeps its last word. */
  readonly revision?: number;
  readonly town: Town;
  readonly stored: Wish;
  readonly ready: readonly WishChannel[];
  readonly shown: readonly WishChannel[];
  /** @throws Problem */
  readonly onSave: (wish: Wish) => Promise<void>;
}

/** What to be told, from which severity on, where, when not, and in which language. */
export function NoticeForm({ revision = 0, town, stored, ready, shown, onSave }: NoticeFormProps) {
  const { t } = useTranslation();
  const { t: shared } = useTranslation("shared");
  const sentence = useProblemSentence();
  const [wish, setWish] = useState(stored);
  const [known, setKnown] = useState<Wish | null>(stored);
  const [changed, setChanged] = useState(false);
  const [outcome, setOutcome] = useState<"saved" | "conflict" | null>(null);
  const [failure, setFailure] = useState("");
  const [busy, setBusy] = useState(false);
  const [seen, setSeen] = useState(revision);
  if (revision !== seen) {
    setSeen(revision);
    setWish(stored);
    setChanged(false);
  }

  // What is stored has changed (saved here, or elsewhere): show it, unless something unsaved would be lost.
  if (stored !== known) {
    setKnown(stored);
    if (!changed) setWish(stored);
  }

  const change = (next: Wish) => {
    setWish(next);
    setChanged(true);
    setOutcome(null);
  };
  const save = async () => {
    if (busy) return;
    setBusy(true);
    setFailure("");
    try {
      await onSave(wish);
      setChanged(false);
      setOutcome("saved");
    } catch (cause) {
      const problem = asProblem(cause);
      if (problem.kind === "conflict") {
        setOutcome("conflict");
        setChanged(false);
        setKnown(null); // take what is stored now
      } else setFailure(sentence(problem));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form
      className="notice-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <section className="list-section">
        <h2>{t("notices.topics")}</h2>
        <p role="status">{filtersOf(wish).length ? null : <span className="notice-box notice-nothing">{t("notices.nothing")}</span>}</p>
        <TopicTable categories={town.announcement_categories} wish={wish} ready={ready} shown={shown} onChange={change} />
      </section>
      <fieldset className="plain-fieldset">
        <legend>{t("notices.severity")}</legend>
        {SEVERITIES.map((severity) => (
          <label key={severity} className="radio">
            <input type="radio" name="severity" checked={wish.minSeverity === severity} onChange={() => change({ ...wish, minSeverity: severity })} />
            <span>
              {t(`notices.severityOption.${severity}`)}
              <span className="visually-hidden"> ({shared(`severity.${severity}`)})</span>
            </span>
          </label>
        ))}
      </fieldset>
      <PlacesField places={wish.places} onChange={(places) => change({ ...wish, places })} />
      <fieldset className="plain-fieldset">
        <legend>{t("notices.quiet")}</legend>
        <label className="checkbox">
          <input
            type="checkbox"
            checked={wish.quiet !== null}
            onChange={({ target }) => change({ ...wish, quiet: target.checked ? { starts: "22:00", ends: "06:00" } : null })}
          />
          <span>
            {t("notices.quietOn")}
            <small>{t("notices.quietHelp")}</small>
          </span>
        </label>
        {wish.quiet ? (
          <div className="indented times">
            {(["starts", "ends"] as const).map((edge) => (
              <label key={edge} className="select-field">
                <span>{edge === "starts" ? t("notices.quietFrom") : t("notices.quietUntil")}</span>
                <input
                  type="time"
                  required
                  value={wish.quiet?.[edge]}
                  onChange={({ target }) => {
                    if (wish.quiet && target.value) change({ ...wish, quiet: { ...wish.quiet, [edge]: target.value } });
                  }}
                />
              </label>
            ))}
          </div>
        ) : null}
      </fieldset>
      <label className="select-field">
        <span>{t("notices.language")}</span>
        <select
          value={wish.language}
          onChange={({ target }) => {
            if (isLanguage(target.value)) change({ ...wish, language: target.value });
          }}
        >
          {LANGUAGES.map((code) => (
            <option key={code} value={code} lang={code}>
              {LANGUAGE_NAMES[code]}
            </option>
          ))}
        </select>
      </label>
      <div className="actions save-bar">
        <button type="submit" className="button-primary" aria-disabled={busy}>
          {t("notices.save")}
        </button>
        <p role="status">{outcome ? t(`notices.${outcome}`) : changed ? t("notices.unsaved") : ""}</p>
      </div>
      {failure ? (
        <p className="field-error" role="alert">
          {failure}
        </p>
      ) : null}
    </form>
  );
}
