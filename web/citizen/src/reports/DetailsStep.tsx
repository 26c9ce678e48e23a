import { useRef, useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { asProblem, Icon, useLanguage } from "@hejnal/shared";
import { Field } from "../app/fields.tsx";
import { useProblemSentence } from "../app/problem.ts";
import type { PhotoPlace, ReportAccepted, Town } from "../api.ts";
import { useMe } from "../residents/use-me.ts";
import { type DetailsError, detailsErrors, type Draft, MAX_TEXT, MAX_TOTAL_MB } from "./draft.ts";
import { enqueue } from "./draft-store.ts";
import { follow } from "./followed.ts";
import { NearbyReports } from "./NearbyReports.tsx";
import { PhotoPlaceOffer } from "./PhotoPlaceOffer.tsx";
import { PhotosField } from "./PhotosField.tsx";
import { answerError, answersToSend } from "./questions.ts";
import { questionId, QuestionsField } from "./QuestionsField.tsx";
import { submitReport } from "./submit.ts";

interface DetailsStepProps {
  readonly draft: Draft;
  readonly category: Town["report_categories"][number];
  readonly onChange: (part: Partial<Draft>) => void;
  readonly onChangeCategory: () => void;
  readonly onChangePlace: () => void;
  readonly onSent: (report: ReportAccepted) => void;
  readonly onQueued: () => void;
  /** Somebody has joined a report that was there. */
  readonly onJoined: () => void;
}

/** Words, photos, a way to ask back, a last look at the whole, and the sending itself. */
export function DetailsStep({ draft, category, onChange, onChangeCategory, onChangePlace, onSent, onQueued, onJoined }: DetailsStepProps) {
  const { t } = useTranslation();
  const language = useLanguage();
  const sentence = useProblemSentence();
  const { data: me } = useMe();
  const [checked, setChecked] = useState(false);
  const [failure, setFailure] = useState("");
  const [share, setShare] = useState<number | null>(null);
  const [offer, setOffer] = useState<PhotoPlace | null>(null);
  const summary = useRef<HTMLDivElement>(null);
  const contactNeeded = !category.anonymous_allowed && !me;
  // Shown from the first try on, and gone as soon as they are mended.
  const errors = checked ? detailsErrors(draft, contactNeeded) : [];
  const { questions } = category;
  const unanswered = questions.filter((question) => answerError(question, draft.answers[question.code]));
  const answerErrors = Object.fromEntries(
    (checked ? unanswered : []).map((question) => [question.code, answerError(question, draft.answers[question.code])]),
  );

  const words: Record<DetailsError, string> = {
    textMissing: t("report.details.textMissing"),
    textLong: t("report.details.textLong", { over: draft.text.trim().length - MAX_TEXT }),
    contactMissing: t("report.details.contactMissing"),
    contactWrong: t("report.details.contactWrong"),
    photosTotal: t("report.photoError.total", { limit: MAX_TOTAL_MB }),
  };
  const shown = (...codes: DetailsError[]) => {
    const code = codes.find((candidate) => errors.includes(candidate));
    return code ? words[code] : undefined;
  };

  const send = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (share !== null) return;
    setChecked(true);
    setFailure("");
    if (detailsErrors(draft, contactNeeded).length || unanswered.length) {
      requestAnimationFrame(() => summary.current?.focus());
      return;
    }
    setShare(0);
    const answers = answersToSend(questions, draft.answers);
    try {
      const report = await submitReport(draft, answers, setShare);
      follow(report);
      onSent(report);
    } catch (cause) {
      const problem = asProblem(cause);
      if (problem.kind === "offline") {
        try {
          await enqueue(draft, answers, new Date());
          onQueued();
          return;
        } catch {
          // nothing can be stored here: say that there is no connection
        }
      }
      setFailure(sentence(problem));
      setShare(null);
      requestAnimationFrame(() => summary.current?.focus());
    }
  };

  return (
    <form onSubmit={(event) => void send(event)} noValidate>
      {errors.length || (checked && unanswered.length) || failure ? (
        <div ref={summary} className="error-summary" role="alert" tabIndex={-1}>
          {failure ? <p>{failure}</p> : <p>{t("report.errorSummary")}</p>}
          {errors.length || unanswered.length ? (
            <ul>
              {unanswered.map(({ code, label }) => (
                <li key={code}>
                  <a href={`#${questionId(code)}`}>{label[language]}</a>
                </li>
              ))}
              {errors.map((code) => (
                <li key={code}>
                  {code === "photosTotal" ? words[code] : <a href={code.startsWith("text") ? "#report-text" : "#report-contact"}>{words[code]}</a>}
                </li>
              ))}
            </ul>
          ) : null}
        </div>
      ) : null}
      <NearbyReports place={draft.place} category={draft.category} onJoined={onJoined} />
      <QuestionsField questions={questions} answers={draft.answers} errors={answerErrors} onChange={(answers) => onChange({ answers })} />
      <Field
        id="report-text"
        label={t("report.details.text")}
        hint={t("report.details.textHint")}
        error={shown("textMissing", "textLong")}
        value={draft.text}
        onChange={(text) => onChange({ text })}
        isRequired
        multiline
      />
      <PhotosField photos={draft.photos} onChange={(photos) => onChange({ photos })} onPlace={setOffer} />
      <PhotoPlaceOffer
        offer={offer}
        place={draft.place}
        onTake={(place, placeLabel) => {
          onChange({ place, placeLabel });
          setOffer(null);
        }}
        onLeave={() => setOffer(null)}
      />
      {me ? (
        <p className="hint">{t("report.details.signedIn")}</p>
      ) : (
        <Field
          id="report-contact"
          label={t("report.details.contact")}
          hint={contactNeeded ? t("report.details.contactNeeded") : t("report.details.contactOptional")}
          error={shown("contactMissing", "contactWrong")}
          value={draft.contact}
          onChange={(contact) => onChange({ contact })}
          isRequired={contactNeeded}
          autoComplete="email"
        />
      )}
      <section className="check" aria-labelledby="check-heading">
        <h2 id="check-heading">{t("report.details.check")}</h2>
        <dl className="facts">
          <div>
            <dt>{t("report.details.what")}</dt>
            <dd>
              {category.names[language]}{" "}
              <button type="button" className="link-button" onClick={onChangeCategory} aria-label={t("report.details.changeWhat")}>
                {t("report.details.change")}
              </button>
            </dd>
          </div>
          <div>
            <dt>{t("report.details.where")}</dt>
            <dd>
              {draft.placeLabel || t("report.place.unknown")}{" "}
              <button type="button" className="link-button" onClick={onChangePlace} aria-label={t("report.details.changeWhere")}>
                {t("report.details.change")}
              </button>
            </dd>
          </div>
        </dl>
      </section>
      <div className="actions">
        <button type="submit" className="button-primary button-large" aria-disabled={share !== null}>
          <Icon name="megaphone" />
          {t("report.details.send")}
        </button>
        <button type="button" className="button" onClick={onChangePlace} disabled={share !== null}>
          {t("report.back")}
        </button>
      </div>
      <p role="status" className="send-status">
        {share === null ? null : share < 1 ? t("report.details.sending", { percent: share }) : t("report.details.processing")}
      </p>
      {share === null ? null : <progress max={1} value={share} aria-label={t("report.details.send")} />}
    </form>
  );
}
