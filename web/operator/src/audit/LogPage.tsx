import { EmptyState } from "@hejnal/shared";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { type SyntheticEvent, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { type AuditEntry, type AuditQuestion, fetchAudit } from "../api/audit.ts";
import { useCameras } from "../cameras/use-cameras.ts";
import { DataTable } from "../ui/DataTable.tsx";
import { MomentField } from "../ui/MomentField.tsx";
import { PagedList } from "../ui/PagedList.tsx";
import { exact } from "../words/console-words.ts";
import { fromLocalInput } from "../words/town-clock.ts";
import { ACTION_GROUPS, actionWords } from "./action-words.ts";
import { PersonSelect } from "./PersonSelect.tsx";

const ANYTHING: AuditQuestion = { actorId: "", action: "", cameraId: "", fromMs: null, toMs: null };

/** Every entry of the log, by any question. */
export function LogPage() {
  const { t } = useTranslation();
  const [question, setQuestion] = useState<AuditQuestion>(ANYTHING);
  const query = useInfiniteQuery({
    queryKey: ["audit", question],
    queryFn: ({ pageParam }) => fetchAudit(question, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    // Each look at the log is an entry in it: it is read when somebody asks, not by itself.
    staleTime: Infinity,
  });
  return (
    <>
      <p className="soft">{t("audit.selfNote")}</p>
      <Filters key={question.actorId} question={question} onAsk={setQuestion} onAgain={() => void query.refetch()} />
      <PagedList query={query} rows={6} empty={<EmptyState icon="search" title={t("audit.none")} />}>
        {(entries) => (
          <DataTable caption={t("nav.audit")} columns={(["at", "actor", "action", "camera", "footage", "reason", "address"] as const).map((column) => t(`audit.column.${column}`))} className="table audit-table">
            {entries.map((entry) => (
              <Row key={entry.entry_id} entry={entry} onActor={() => setQuestion({ ...question, actorId: entry.actor_id })} />
            ))}
          </DataTable>
        )}
      </PagedList>
    </>
  );
}

function Row({ entry, onActor }: { readonly entry: AuditEntry; readonly onActor: () => void }) {
  const { t } = useTranslation();
  const { footage_from: from, footage_until: until } = entry;
  return (
    <tr data-action={entry.action}>
      <td>
        <time dateTime={entry.at}>{exact(Date.parse(entry.at))}</time>
      </td>
      <td>
        <button type="button" className="link-button" title={t("audit.onlyActor")} onClick={onActor}>
          {entry.actor_name ?? entry.actor_id}
        </button>
        <span className="soft cell-line">{roleWords(t, entry)}</span>
      </td>
      <td>
        {actionWords(t, entry.action)}
        {entry.outcome === "allowed" ? null : <span className="attention cell-line">{entry.outcome === "refused" ? t("audit.refused") : t("audit.failed")}</span>}
        {entry.object_id === "" ? null : <span className="soft cell-line">{entry.object_id}</span>}
      </td>
      <td>{entry.camera_name ?? entry.camera_id}</td>
      <td>
        {from === null ? null : exact(Date.parse(from))}
        {until === null ? null : <span className="cell-line">{exact(Date.parse(until))}</span>}
      </td>
      <td>{entry.reason}</td>
      <td>{entry.source_ip}</td>
    </tr>
  );
}

function roleWords(t: TFunction, entry: AuditEntry): string {
  if (entry.actor_kind !== "staff") return entry.actor_kind === "service" ? t("audit.service") : t("audit.resident");
  switch (entry.actor_role) {
    case "operator":
    case "dispatcher":
    case "editor":
    case "clerk":
    case "dpo":
    case "admin":
      return t(`role.${entry.actor_role}`);
    default:
      return "";
  }
}

interface FiltersProps {
  readonly question: AuditQuestion;
  readonly onAsk: (question: AuditQuestion) => void;
  readonly onAgain: () => void;
}

function Filters({ question, onAsk, onAgain }: FiltersProps) {
  const { t } = useTranslation();
  const { cameras } = useCameras();
  const [actorId, setActor] = useState(question.actorId);
  const [action, setAction] = useState(question.action);
  const [cameraId, setCamera] = useState(question.cameraId);
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const asked = { actorId: actorId.trim(), action, cameraId, fromMs: fromLocalInput(from), toMs: fromLocalInput(to) };
    if (JSON.stringify(asked) === JSON.stringify(question)) onAgain();
    else onAsk(asked);
  };
  return (
    <form className="filters" onSubmit={submit}>
      <label className="field">
        <span>{t("audit.column.action")}</span>
        <select className="input" value={action} onChange={(event) => setAction(event.target.value)}>
          <option value="">{t("audit.any")}</option>
          {ACTION_GROUPS.map((group) => (
            <option key={group} value={`${group}.`}>
              {t(`audit.group.${group}`)}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>{t("audit.column.camera")}</span>
        <select className="input" value={cameraId} onChange={(event) => setCamera(event.target.value)}>
          <option value="">{t("audit.any")}</option>
          {cameras.map((camera) => (
            <option key={camera.camera_id} value={camera.camera_id}>
              {`${camera.number} ${camera.name}`}
            </option>
          ))}
        </select>
      </label>
      <PersonSelect label={t("audit.column.actor")} value={actorId} any={t("audit.any")} onChange={setActor} />
      <MomentField label={t("audit.from")} value={from} onChange={setFrom} />
      <MomentField label={t("audit.to")} value={to} onChange={setTo} />
      <Button type="submit" className="button button-primary">
        {t("audit.search")}
      </Button>
      <Button className="button" onPress={() => onAsk(ANYTHING)}>
        {t("audit.clear")}
      </Button>
    </form>
  );
}
