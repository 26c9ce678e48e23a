import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { cancelExport, decideExport, type Export, packageUrl } from "../api/exports.ts";
import { useSession } from "../session/session.tsx";
import { DataTable } from "../ui/DataTable.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { exact } from "../words/console-words.ts";
import { failureWords, progressOf, stageWords, stateWords } from "./export-words.ts";
import { EXPORTS_KEY } from "./use-exports.ts";

interface ExportTableProps {
  readonly exports: readonly Export[];
  readonly nameOf: (cameraId: string) => string;
}

/** Every export with its state: what is being done, what can be fetched, what was refused. */
export function ExportTable({ exports, nameOf }: ExportTableProps) {
  const { t } = useTranslation();
  return (
    <DataTable caption={t("exports.list")} columns={(["case", "cameras", "time", "state"] as const).map((column) => t(`exports.column.${column}`))}>
      {exports.map((each) => (
        <Row key={each.export_id} wanted={each} nameOf={nameOf} />
      ))}
    </DataTable>
  );
}

function Row({ wanted, nameOf }: { readonly wanted: Export; readonly nameOf: (cameraId: string) => string }) {
  return (
    <tr data-export={wanted.export_id}>
      <th scope="row">
        {wanted.case_number}
        <span className="soft cell-line">{wanted.reason}</span>
      </th>
      <td>{wanted.cameras.map(nameOf).join(", ")}</td>
      <td>
        {exact(Date.parse(wanted.from))}
        <span className="cell-line">{exact(Date.parse(wanted.to))}</span>
      </td>
      <td>
        <State wanted={wanted} />
      </td>
    </tr>
  );
}

function State({ wanted }: { readonly wanted: Export }) {
  const { t, i18n } = useTranslation();
  const { may, staff } = useSession();
  const queryClient = useQueryClient();
  const acting = useMutation({
    mutationFn: (act: "approve" | "reject" | "cancel") =>
      act === "cancel" ? cancelExport(wanted.export_id) : decideExport(wanted.export_id, act === "approve"),
    onSettled: () => queryClient.invalidateQueries({ queryKey: EXPORTS_KEY }),
  });
  const waiting = wanted.state === "awaiting_approval";
  const decides = waiting && may("approveExport") && wanted.requested_by !== staff.account_id;
  const going = waiting || wanted.state === "queued" || wanted.state === "running";
  const share = progressOf(wanted);
  const megabytes = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 0 }).format((wanted.size_bytes ?? 0) / 1e6);
  return (
    <div className="export-state">
      <span>{stateWords(t, wanted.state)}</span>
      {wanted.state === "running" ? (
        <>
          <progress value={share} max={1} aria-label={stageWords(t, wanted.stage)} />
          <span className="soft">{stageWords(t, wanted.stage)}</span>
        </>
      ) : null}
      {wanted.state === "finished" ? (
        <>
          <a className="button button-primary" href={packageUrl(wanted.export_id)} download>
            {t("exports.fetch", { size: megabytes })}
          </a>
          {wanted.stamped === false ? <span className="attention">{t("exports.unstamped")}</span> : null}
          {(wanted.damaged ?? 0) > 0 ? <span className="attention">{t("exports.damaged", { count: wanted.damaged ?? 0 })}</span> : null}
          {wanted.expires_at === null ? null : <span className="soft">{t("exports.until", { time: exact(Date.parse(wanted.expires_at)) })}</span>}
        </>
      ) : null}
      {wanted.state === "failed" ? <span className="attention">{failureWords(t, wanted.failure)}</span> : null}
      {decides ? (
        <>
          <Button className="button button-primary" onPress={() => acting.mutate("approve")}>
            {t("exports.approve")}
          </Button>
          <Button className="button" onPress={() => acting.mutate("reject")}>
            {t("exports.reject")}
          </Button>
        </>
      ) : null}
      {going && !decides ? (
        <Button className="button" onPress={() => acting.mutate("cancel")}>
          {t("exports.cancel")}
        </Button>
      ) : null}
      <ProblemLine error={acting.error} act="export" />
    </div>
  );
}
