import { Icon } from "@hejnal/shared";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Check } from "../ui/Field.tsx";
import { NO_WORDING, missingIn, WordingField } from "../ui/WordingField.tsx";
import { type ChoiceForm, hasChoices, isHalf, MOST_CHOICES, MOST_QUESTIONS, NEW_QUESTION, QUESTION_KINDS, type QuestionForm } from "./category-form.ts";

interface QuestionsFieldProps {
  readonly questions: readonly QuestionForm[];
  readonly shown: boolean;
  readonly onChange: (questions: readonly QuestionForm[]) => void;
}

/** A category's own questions, in the order in which residents answer them. */
export function QuestionsField({ questions, shown, onChange }: QuestionsFieldProps) {
  const { t } = useTranslation();
  const move = (index: number, step: 1 | -1) => {
    const moved = [...questions];
    const [taken] = moved.splice(index, 1);
    if (taken !== undefined) moved.splice(index + step, 0, taken);
    onChange(moved);
  };
  return (
    <fieldset className="fieldset">
      <legend>{t("reportCategories.questions")}</legend>
      {questions.length === 0 ? <p className="soft">{t("reportCategories.noQuestions")}</p> : null}
      <ol className="entries">
        {questions.map((question, index) => (
          <li key={index} className="entry">
            <div className="entry-head">
              <strong>{t("reportCategories.question", { number: index + 1 })}</strong>
              <Button className="button" isDisabled={index === 0} aria-label={t("reportCategories.up", { number: index + 1 })} onPress={() => move(index, -1)}>
                ↑
              </Button>
              <Button className="button" isDisabled={index === questions.length - 1} aria-label={t("reportCategories.down", { number: index + 1 })} onPress={() => move(index, 1)}>
                ↓
              </Button>
              <Button className="icon-button" aria-label={t("reportCategories.removeQuestion", { number: index + 1 })} onPress={() => onChange(questions.toSpliced(index, 1))}>
                <Icon name="close" />
              </Button>
            </div>
            <OneQuestion number={index + 1} question={question} shown={shown} onChange={(changed) => onChange(questions.with(index, changed))} />
          </li>
        ))}
      </ol>
      <div className="form-actions">
        <Button className="button" isDisabled={questions.length >= MOST_QUESTIONS} onPress={() => onChange([...questions, NEW_QUESTION])}>
          {t("reportCategories.addQuestion")}
        </Button>
      </div>
    </fieldset>
  );
}

interface OneQuestionProps {
  readonly number: number;
  readonly question: QuestionForm;
  readonly shown: boolean;
  readonly onChange: (question: QuestionForm) => void;
}

function OneQuestion({ number, question, shown, onChange }: OneQuestionProps) {
  const { t } = useTranslation();
  const change = (part: Partial<QuestionForm>) => onChange({ ...question, ...part });
  return (
    <>
      <WordingField label={t("reportCategories.asked", { number })} value={question.label} isInvalid={shown} onChange={(label) => change({ label })} />
      <div className="field-row">
        <label className="field">
          <span>{t("reportCategories.kind")}</span>
          <select className="input" value={question.kind} onChange={(event) => change({ kind: QUESTION_KINDS.find((kind) => kind === event.target.value) ?? question.kind })}>
            {QUESTION_KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {t(`reportCategories.kinds.${kind}`)}
              </option>
            ))}
          </select>
        </label>
        <Check checked={question.required} label={t("reportCategories.required")} onChange={(required) => change({ required })} />
      </div>
      {hasChoices(question.kind) ? <Choices number={number} choices={question.choices} shown={shown} onChange={(choices) => change({ choices })} /> : null}
      <details className="more" open={missingIn(question.hint).length < 3}>
        <summary>{t("reportCategories.hint")}</summary>
        <WordingField label={t("reportCategories.hintOf", { number })} value={question.hint} isInvalid={shown && isHalf(question.hint)} onChange={(hint) => change({ hint })} />
      </details>
    </>
  );
}

interface ChoicesProps {
  readonly number: number;
  readonly choices: readonly ChoiceForm[];
  readonly shown: boolean;
  readonly onChange: (choices: readonly ChoiceForm[]) => void;
}

function Choices({ number, choices, shown, onChange }: ChoicesProps) {
  const { t } = useTranslation();
  return (
    <fieldset className="fieldset">
      <legend>{t("reportCategories.choices")}</legend>
      {shown && choices.length === 0 ? <p className="field-error">{t("reportCategories.fault.choices")}</p> : null}
      <ol className="entries">
        {choices.map((choice, index) => (
          <li key={index} className="choice-entry">
            <WordingField label={t("reportCategories.choice", { question: number, number: index + 1 })} value={choice.label} isInvalid={shown} onChange={(label) => onChange(choices.with(index, { ...choice, label }))} />
            <Button className="icon-button" aria-label={t("reportCategories.removeChoice", { question: number, number: index + 1 })} onPress={() => onChange(choices.toSpliced(index, 1))}>
              <Icon name="close" />
            </Button>
          </li>
        ))}
      </ol>
      <div className="form-actions">
        <Button className="button" isDisabled={choices.length >= MOST_CHOICES} onPress={() => onChange([...choices, { code: null, label: NO_WORDING }])}>
          {t("reportCategories.addChoice")}
        </Button>
      </div>
    </fieldset>
  );
}
