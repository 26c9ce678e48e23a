import { exactTime, useLanguage } from "@hejnal/shared";
import type { ReporterView } from "../api.ts";
import { useTown } from "../town/use-town.ts";
import type { Question } from "./questions.ts";

interface ReportAnswersProps {
  readonly category: string;
  readonly answers: ReporterView["answers"];
}

/** What the reporter answered to the category's questions. */
export function ReportAnswers({ category, answers }: ReportAnswersProps) {
  const language = useLanguage();
  const { data: town } = useTown();
  const questions = town?.report_categories.find(({ code }) => code === category)?.questions ?? [];
  const answered = questions.filter(({ code }) => answers[code] !== undefined);
  if (!answered.length) return null;

  const words = ({ code, kind, choices }: Question): string => {
    const value = answers[code] ?? "";
    if (kind === "datetime") return exactTime(new Date(String(value)), language);
    const parts = Array.isArray(value) ? value : [String(value)];
    return parts.map((part) => choices.find((choice) => choice.code === part)?.label[language] ?? part).join(", ");
  };

  return (
    <dl className="facts">
      {answered.map((question) => (
        <div key={question.code}>
          <dt>{question.label[language]}</dt>
          <dd>{words(question)}</dd>
        </div>
      ))}
    </dl>
  );
}
