import { exactTime, Icon, useLanguage } from "@hejnal/shared";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import type { Report } from "../api/town.ts";
import { useTown } from "./use-town.ts";

/** What is known beside the words: answers to the category's questions, how many have the same trouble, how it ended. */
export function Signals({ report }: { readonly report: Report }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { town } = useTown();
  const questions = town?.report_categories.find((category) => category.code === report.category)?.questions ?? [];
  const answers = Object.entries(report.answers);
  const { satisfaction, open311 } = report;
  const words = (code: string, given: unknown) => {
    const question = questions.find((each) => each.code === code);
    const label = (value: unknown) => question?.choices.find((choice) => choice.code === value)?.label[language] ?? (question?.kind === "datetime" ? exactTime(new Date(String(value)), language) : String(value));
    return Array.isArray(given) ? given.map(label).join(", ") : label(given);
  };
  return (
    <dl className="facts">
      {answers.map(([code, given]) => (
        <Fact key={code} name={questions.find((each) => each.code === code)?.label[language] ?? code}>
          {words(code, given)}
        </Fact>
      ))}
      <Fact name={t("signals.source")}>{t(`signals.sources.${report.source}`)}</Fact>
      <Fact name={t("signals.meToo")}>{t("signals.meTooCount", { count: report.me_too })}</Fact>
      {report.reopened === 0 ? null : <Fact name={t("signals.reopened")}>{t("signals.reopenedTimes", { count: report.reopened })}</Fact>}
      {satisfaction === null ? null : (
        <Fact name={t("signals.satisfaction")}>
          {t("signals.rating", { rating: satisfaction.rating })}
          {satisfaction.comment === "" ? null : <q className="story-answer">{satisfaction.comment}</q>}
        </Fact>
      )}
      {report.merged_into === null ? null : (
        <Fact name={t("signals.merged")}>
          <Link href={`/reports/${report.merged_into}`}>{t("signals.toOther")}</Link>
        </Fact>
      )}
      {open311 === null ? null : (
        <Fact name={t("signals.open311")}>
          {t(`signals.open311State.${open311.state}`)}
          {open311.service_request_id === null ? null : ` ${t("signals.open311Number", { number: open311.service_request_id })}`}
          {open311.error === "" ? null : (
            <span className="warning-line">
              <Icon name="warning" />
              <span>
                {open311.error} {open311.next_at === null ? t("signals.open311GivenUp", { count: open311.attempts }) : t("signals.open311Next", { time: exactTime(new Date(open311.next_at), language) })}
              </span>
            </span>
          )}
        </Fact>
      )}
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
