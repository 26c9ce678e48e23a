import { asProblem, EmptyState, ErrorState, Icon, Skeleton } from "@hejnal/shared";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { type AuditCheck, auditExportUrl, fetchLastCheck, LAST_CHECK_KEY, startCheck } from "../api/audit.ts";
import { DayField } from "../ui/DayField.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { exact } from "../words/console-words.ts";
import { fromLocalInput, townDay } from "../words/town-clock.ts";

const POLL_MS = 1_000;
const DAY_MS = 86_400_000;

/** Whether the log is whole, and the log as a file that can be checked elsewhere. */
export function ChainPage() {
  return (
    <div className="questions">
      <Check />
      <Export />
    </div>
  );
}

function Check() {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const query = useQuery({ queryKey: LAST_CHECK_KEY, queryFn: fetchLastCheck, retry: false, refetchInterval: (state) => (state.state.data?.state === "running" ? POLL_MS : false) });
  const start = useMutation({ mutationFn: startCheck, onSuccess: (check) => queryClient.setQueryData(LAST_CHECK_KEY, check) });
  const never = query.isError && asProblem(query.error).kind === "notFound";
  return (
    <section className="fieldset" aria-labelledby="chain-check">
      <h2 id="chain-check">{t("chain.title")}</h2>
      <p className="soft">{t("chain.means")}</p>
      {query.isPending ? <Skeleton rows={1} /> : never ? <EmptyState icon="search" title={t("chain.never")} /> : query.data === undefined ? <ErrorState error={query.error} onRetry={() => void query.refetch()} /> : <Result check={query.data} />}
      <ProblemLine error={start.error} act="readAudit" />
      <div className="form-actions">
        <Button className="button button-primary" isPending={start.isPending} isDisabled={query.data?.state === "running"} onPress={() => start.mutate()}>
          {t("chain.check")}
        </Button>
      </div>
    </section>
  );
}

function Result({ check }: { readonly check: AuditCheck }) {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language);
  const moment = exact(Date.parse(check.finished_at ?? check.started_at));
  if (check.state === "running") {
    return (
      <div role="status">
        <p>{t("chain.running", { checked: number.format(check.checked), entries: number.format(check.entries) })}</p>
        <progress max={Math.max(1, check.entries)} value={check.checked} aria-label={t("chain.title")} />
      </div>
    );
  }
  if (check.state !== "done") return <p className="problem-line">{t("chain.interrupted", { moment })}</p>;
  return (
    <div role="status">
      {check.intact === true ? (
        <p className="chain-whole">
          <Icon name="check" /> {t("chain.whole", { entries: number.format(check.checked), moment })}
        </p>
      ) : (
        <>
          <p className="problem-line problem-urgent">
            <Icon name="emergency" />
            <span>
              <strong>{t("chain.broken", { moment })}</strong> {t("chain.brokenTodo")}
            </span>
          </p>
          <ul>
            {check.findings.map((finding) => (
              <li key={`${finding.problem} ${finding.position ?? ""}`}>
                {t(`chain.problem.${finding.problem}`)}
                {finding.position === null ? null : ` (${t("chain.position", { position: number.format(finding.position) })})`}
                <span className="soft cell-line">{finding.detail}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function Export() {
  const { t } = useTranslation();
  const [from, setFrom] = useState(() => townDay(Date.now() - 30 * DAY_MS));
  const [to, setTo] = useState(() => townDay(Date.now()));
  const fromMs = fromLocalInput(`${from}T00:00`);
  const untilMs = fromLocalInput(`${to}T00:00`);
  const good = fromMs !== null && untilMs !== null && fromMs <= untilMs;
  return (
    <section className="fieldset" aria-labelledby="chain-export">
      <h2 id="chain-export">{t("chain.export")}</h2>
      <p className="soft">{t("chain.exportMeans")}</p>
      <p className="once">
        <code>{"python -m hejnal_gateway audit-check FILE"}</code>
      </p>
      <div className="field-row">
        <DayField label={t("audit.fromDay")} value={from} isInvalid={!good} onChange={setFrom} />
        <DayField label={t("audit.toDay")} value={to} isInvalid={!good} onChange={setTo} />
      </div>
      <div className="form-actions">
        {good ? (
          <a className="button" href={auditExportUrl(fromMs, untilMs + DAY_MS)} download>
            {t("chain.download")}
          </a>
        ) : (
          <p className="field-error">{t("exports.wrong.time")}</p>
        )}
      </div>
    </section>
  );
}
