import { categoryIcon, ErrorState, Icon, Skeleton, useDateWords } from "@hejnal/shared";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Input, Label, SearchField } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { fetchReportsNear, findReports, mergeReport } from "../api/report-desk.ts";
import { type Report, REPORTS_KEY, type ReportSummary } from "../api/town.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { useSettled } from "../wall/use-settled.ts";
import { distanceM } from "./nearby-cameras.ts";
import { StatusMark } from "./StatusMark.tsx";
import { useReportChange } from "./use-report-change.ts";
import { useTown } from "./use-town.ts";

const NEAR_M = 300;

/** Closes a report as told before: its author follows the other one from now on. */
export function MergeDialog({ report, onClose }: { readonly report: Report; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState<string | null>(null);
  const [shown, setShown] = useState(false);
  const q = useSettled(words.trim(), 300);
  const searching = q.length >= 2;
  const found = useQuery({ queryKey: [...REPORTS_KEY, "merge", report.id, searching ? q : "near"], queryFn: () => (searching ? findReports(q) : fetchReportsNear(report.place, NEAR_M)) });
  const candidates = (found.data ?? []).filter((each) => each.id !== report.id);
  const merge = useReportChange(report.id, (into: string) => mergeReport(report.id, report.version, into), () => {
    announce(t("merge.done"));
    onClose();
  });
  return (
    <FormDialog
      title={t("merge.title", { reference: report.reference })}
      width="wide"
      submit={t("merge.do")}
      grave
      pending={merge.isPending}
      error={merge.error}
      act="answerReports"
      onSubmit={() => {
        setShown(true);
        if (chosen !== null) merge.mutate(chosen);
      }}
      onClose={onClose}
    >
      <p>{t("merge.help")}</p>
      <SearchField className="field" value={words} onChange={setWords}>
        <Label>{t("merge.search")}</Label>
        <Input className="input" />
      </SearchField>
      {found.isPending ? (
        <Skeleton rows={3} />
      ) : found.isError ? (
        <ErrorState error={found.error} onRetry={() => void found.refetch()} />
      ) : candidates.length === 0 ? (
        <p className="soft">{searching ? t("reports.nothingFits") : t("merge.nothingNear", { metres: NEAR_M })}</p>
      ) : (
        <fieldset className="choice">
          <legend>{searching ? t("merge.found") : t("merge.near", { metres: NEAR_M })}</legend>
          <ul className="cards">
            {candidates.map((candidate) => (
              <Candidate key={candidate.id} candidate={candidate} place={report.place} chosen={candidate.id === chosen} onChoose={() => setChosen(candidate.id)} />
            ))}
          </ul>
        </fieldset>
      )}
      {shown && chosen === null ? (
        <p className="field-error" role="alert">
          {t("merge.choose")}
        </p>
      ) : null}
    </FormDialog>
  );
}

interface CandidateProps {
  readonly candidate: ReportSummary;
  readonly place: Report["place"];
  readonly chosen: boolean;
  readonly onChoose: () => void;
}

function Candidate({ candidate, place, chosen, onChoose }: CandidateProps) {
  const { t } = useTranslation();
  const dates = useDateWords();
  const { reportCategory } = useTown();
  return (
    <li>
      <label className="card card-choice">
        <span className="card-head">
          <input type="radio" name="merge-into" value={candidate.id} checked={chosen} onChange={onChoose} />
          <Icon name={categoryIcon(candidate.category)} />
          <strong>{reportCategory(candidate.category)}</strong>
          <span className="card-reference">{candidate.reference}</span>
        </span>
        <span className="card-text">{candidate.excerpt}</span>
        <span className="card-foot">
          <StatusMark status={candidate.status} outcome={candidate.outcome} />
          <span>{candidate.address}</span>
          <span>{t("reports.metres", { count: Math.round(distanceM(place, candidate.place)) })}</span>
          <time dateTime={candidate.submitted_at}>{dates.moment(new Date(candidate.submitted_at))}</time>
        </span>
      </label>
    </li>
  );
}
