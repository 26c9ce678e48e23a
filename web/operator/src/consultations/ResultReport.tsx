import { exactTime, Icon, useLanguage } from "@hejnal/shared";
import { useQuery } from "@tanstack/react-query";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { type Consultation, consultationKey, type ConsultationResult, fetchConsultation, fetchResult, resultKey } from "../api/consultations.ts";
import { useTown } from "../reports/use-town.ts";
import { DataTable } from "../ui/DataTable.tsx";
import { Loaded } from "../ui/Loaded.tsx";
import { inLanguage, siteWords } from "./words.ts";

const WAYS = ["person", "device", "paper"] as const;

/** The result as a report for the file: every count, how the votes came, day by day, and what they do not prove. */
export function ResultReport({ consultationId }: { readonly consultationId: string }) {
  const consultation = useQuery({ queryKey: consultationKey(consultationId), queryFn: () => fetchConsultation(consultationId) });
  const result = useQuery({ queryKey: resultKey(consultationId), queryFn: () => fetchResult(consultationId), refetchInterval: 30_000 });
  return <Loaded query={consultation}>{(about) => <Loaded query={result}>{(counted) => <Report consultation={about} result={counted} />}</Loaded>}</Loaded>;
}

function Report({ consultation, result }: { readonly consultation: Consultation; readonly result: ConsultationResult }) {
  const { t, i18n } = useTranslation();
  const language = useLanguage();
  const { town } = useTown();
  const text = inLanguage(consultation.texts, language);
  const exact = (at: string) => exactTime(new Date(at), language);
  const votes = result.vote_rule !== "none";
  const ways = WAYS.filter((way) => (result.voters_by_way[way] ?? 0) > 0);
  const percent = new Intl.NumberFormat(i18n.language, { style: "percent", maximumFractionDigits: 1 });
  return (
    <article className="report report-print" data-result-final={result.final}>
      <header className="report-head">
        <div className="form-actions no-print">
          <Link href={`/consultations/${consultation.id}`} className="button">
            <Icon name="back" /> {t("consultations.backTo")}
          </Link>
          <Button className="button button-primary" onPress={() => window.print()}>
            {t("consultations.print")}
          </Button>
        </div>
        <p className="soft">{t("consultations.reportOf", { town: town?.name ?? "" })}</p>
        <h2>{text?.title}</h2>
        {result.final ? <p>{t("consultations.closedAt", { when: exact(result.closed_at ?? result.closes_at) })}</p> : <p className="attention">{t("consultations.preliminary", { when: exact(new Date().toISOString()) })}</p>}
      </header>
      <dl className="facts">
        <dt>{t("consultations.period")}</dt>
        <dd>
          {exact(result.opens_at)} – {exact(result.closes_at)}
        </dd>
        {result.rules === "" ? null : (
          <>
            <dt>{t("consultations.rules")}</dt>
            <dd>{result.rules}</dd>
          </>
        )}
        <dt>{t("consultations.whoVotes")}</dt>
        <dd>{t(`consultations.voteRule.${result.vote_rule}`)}</dd>
      </dl>
      {votes ? (
        <section className="result-part">
          <h3>{t("consultations.votesTitle")}</h3>
          <p>
            {t("consultations.voters", { count: result.voters })}
            {ways.length === 0 ? "" : `: ${ways.map((way) => t(`consultations.by_way.${way}`, { count: result.voters_by_way[way] ?? 0 })).join(", ")}`}.
          </p>
          <DataTable
            caption={t("consultations.votesTitle")}
            columns={[
              t("consultations.option"),
              { label: t("consultations.votesColumn"), className: "number" },
              { label: t("consultations.share"), className: "number" },
              ...WAYS.map((way) => ({ label: t(`consultations.way.${way}`), className: "number" })),
            ]}
          >
            {[...result.options]
              .sort((a, b) => b.votes - a.votes)
              .map((option) => (
                <tr key={option.code} data-option={option.code}>
                  <th scope="row">
                    {inLanguage(option.names, language)}
                    <Site consultation={consultation} code={option.code} />
                  </th>
                  <td className="number">{option.votes}</td>
                  <td className="number">{result.voters === 0 ? "–" : percent.format(option.votes / result.voters)}</td>
                  {WAYS.map((way) => (
                    <td key={way} className="number">
                      {option.by_way[way] ?? 0}
                    </td>
                  ))}
                </tr>
              ))}
          </DataTable>
          {consultation.most_choices > 1 ? <p className="soft">{t("consultations.shareHelp", { count: consultation.most_choices })}</p> : null}
        </section>
      ) : null}
      <p>{inLanguage(result.vote_statement, language)}</p>
      {consultation.opinions === "none" ? null : (
        <section className="result-part">
          <h3>{t("consultations.opinionsTitle")}</h3>
          <p>{t("consultations.opinionCounts", { received: result.opinions.received, shown: result.opinions.shown, hidden: result.opinions.hidden, waiting: result.opinions.waiting })}</p>
        </section>
      )}
      {result.days.length === 0 ? null : <Days result={result} />}
    </article>
  );
}

function Site({ consultation, code }: { readonly consultation: Consultation; readonly code: string }) {
  const { t } = useTranslation();
  const option = consultation.options.find((each) => each.code === code);
  const words = option === undefined ? "" : siteWords(t, option);
  return words === "" ? null : <span className="soft cell-line">{words}</span>;
}

function Days({ result }: { readonly result: ConsultationResult }) {
  const { t, i18n } = useTranslation();
  const date = new Intl.DateTimeFormat(i18n.language, { weekday: "short", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  const most = Math.max(...result.days.map(({ voters }) => voters));
  return (
    <section className="result-part">
      <h3>{t("consultations.days")}</h3>
      <DataTable caption={t("consultations.days")} columns={[t("consultations.day"), { label: t("consultations.votersColumn"), className: "number" }, t("consultations.bar")]}>
        {result.days.map(({ day, voters }) => (
          <tr key={day}>
            <th scope="row">{date.format(new Date(`${day}T12:00:00Z`))}</th>
            <td className="number">{voters}</td>
            <td>
              <meter min={0} max={most} value={voters} aria-hidden="true" />
            </td>
          </tr>
        ))}
      </DataTable>
    </section>
  );
}
