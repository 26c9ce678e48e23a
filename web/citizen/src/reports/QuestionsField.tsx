import { useTranslation } from "react-i18next";
import { useLanguage } from "@hejnal/shared";
import { Field } from "../app/fields.tsx";
import type { AnswerError, DraftAnswers, Question } from "./questions.ts";

interface QuestionsFieldProps {
  readonly questions: readonly Question[];
  readonly answers: DraftAnswers;
  readonly errors: Readonly<Record<string, AnswerError | undefined>>;
  readonly onChange: (answers: DraftAnswers) => void;
}

/** Id of a question's first control, for the summary of errors. */
export function questionId(code: string): string {
  return `question-${code}`;
}

/** The category's own questions, each as the kind of field it is. */
export function QuestionsField({ questions, answers, errors, onChange }: QuestionsFieldProps) {
  const { t } = useTranslation();
  const language = useLanguage();
  const set = (code: string, value: string | readonly string[]) => onChange({ ...answers, [code]: value });

  return questions.map((question) => {
    const { code, kind, choices, required } = question;
    const label = required ? question.label[language] : t("report.question.optional", { label: question.label[language] });
    const hint = question.hint?.[language];
    const fault = errors[code];
    const error = fault ? t(`report.question.${fault}`) : undefined;
    const value = answers[code];
    const text = typeof value === "string" ? value : "";
    if (kind === "single" || kind === "multiple") {
      const chosen = typeof value === "string" ? [value] : (value ?? []);
      return (
        <fieldset key={code} className="plain-fieldset question" aria-describedby={error ? `${questionId(code)}-error` : undefined}>
          <legend>{label}</legend>
          {hint ? <p className="hint">{hint}</p> : null}
          {choices.map((choice, index) => (
            <label key={choice.code} className={kind === "single" ? "radio" : "checkbox"}>
              <input
                id={index === 0 ? questionId(code) : undefined}
                type={kind === "single" ? "radio" : "checkbox"}
                name={questionId(code)}
                checked={chosen.includes(choice.code)}
                onChange={({ target }) => {
                  if (kind === "single") set(code, choice.code);
                  else set(code, target.checked ? [...chosen, choice.code] : chosen.filter((other) => other !== choice.code));
                }}
              />
              <span>{choice.label[language]}</span>
            </label>
          ))}
          {error ? (
            <p id={`${questionId(code)}-error`} className="field-error">
              {error}
            </p>
          ) : null}
        </fieldset>
      );
    }
    return (
      <Field
        key={code}
        id={questionId(code)}
        label={label}
        hint={hint}
        error={error}
        value={text}
        onChange={(typed) => set(code, typed)}
        isRequired={required}
        multiline={kind === "text"}
        rows={3}
        type={kind === "datetime" ? "datetime-local" : "text"}
        {...(kind === "number" ? { inputMode: "decimal" as const } : {})}
      />
    );
  });
}
