import { useTranslation } from "react-i18next";
import type { Look, LookTotal } from "../api/audit.ts";
import { duration, exact } from "../words/console-words.ts";
import { townDay } from "../words/town-clock.ts";

type Subject = "person" | "camera";

/** All looks summed up: who (or at what), by which way, how often, how much was seen. */
export function TotalTable({ totals, subject }: { readonly totals: readonly LookTotal[]; readonly subject: Subject }) {
  const { t } = useTranslation();
  return (
    <div className="table-scroll">
      <table className="table">
        <caption>{t("audit.totals")}</caption>
        <thead>
          <tr>
            <th scope="col">{subject === "person" ? t("audit.column.actor") : t("audit.column.camera")}</th>
            <th scope="col">{t("audit.way")}</th>
            <th scope="col" className="number">
              {t("audit.looks")}
            </th>
            <th scope="col" className="number">
              {t("audit.seen")}
            </th>
            <th scope="col">{t("audit.first")}</th>
            <th scope="col">{t("audit.last")}</th>
          </tr>
        </thead>
        <tbody>
          {totals.map((total) => (
            <tr key={`${total.id ?? ""} ${total.way}`}>
              <th scope="row">{total.name ?? total.id}</th>
              <td>{t(`audit.ways.${total.way}`)}</td>
              <td className="number">{total.looks}</td>
              <td className="number">{total.footage_s > 0 ? duration(t, total.footage_s * 1_000) : "–"}</td>
              <td>{exact(Date.parse(total.first_at))}</td>
              <td>{exact(Date.parse(total.last_at))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface LookTableProps {
  readonly looks: readonly Look[];
  readonly subject: Subject;
  readonly onPerson: (accountId: string, day: string) => void;
  readonly onCamera: (cameraId: string, day: string) => void;
}

/** Every single look: who, when, how long, by which way, at what footage, why, from where. */
export function LookTable({ looks, subject, onPerson, onCamera }: LookTableProps) {
  const { t } = useTranslation();
  return (
    <div className="table-scroll">
      <table className="table audit-table">
        <caption>{t("audit.eachLook")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("audit.column.at")}</th>
            <th scope="col">{subject === "person" ? t("audit.column.actor") : t("audit.column.camera")}</th>
            <th scope="col">{t("audit.way")}</th>
            <th scope="col" className="number">
              {t("audit.howLong")}
            </th>
            <th scope="col">{t("audit.column.footage")}</th>
            <th scope="col">{t("audit.column.reason")}</th>
            <th scope="col">{t("audit.column.address")}</th>
          </tr>
        </thead>
        <tbody>
          {looks.map((look) => {
            const startMs = Date.parse(look.started_at);
            return (
              <tr key={look.entry_id} data-look={look.entry_id}>
                <td>
                  <time dateTime={look.started_at}>{exact(startMs)}</time>
                </td>
                <td>
                  {subject === "person" ? (
                    <button type="button" className="link-button" title={t("audit.whatSaw")} onClick={() => onPerson(look.actor_id, townDay(startMs))}>
                      {look.actor_name ?? look.actor_id}
                    </button>
                  ) : look.camera_id === null ? null : (
                    <LookedAt cameraId={look.camera_id} name={look.camera_name} onPress={(cameraId) => onCamera(cameraId, townDay(startMs))} />
                  )}
                </td>
                <td>
                  {t(`audit.ways.${look.way}`)}
                  {look.outcome === "allowed" ? null : <span className="attention cell-line">{look.outcome === "refused" ? t("audit.refused") : t("audit.failed")}</span>}
                </td>
                <td className="number">{look.duration_s === null ? "–" : duration(t, look.duration_s * 1_000)}</td>
                <td>
                  {look.footage_from === null ? null : exact(Date.parse(look.footage_from))}
                  {look.footage_until === null ? null : <span className="cell-line">{exact(Date.parse(look.footage_until))}</span>}
                </td>
                <td>{look.reason}</td>
                <td>{look.source_ip}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function LookedAt({ cameraId, name, onPress }: { readonly cameraId: string; readonly name: string | null; readonly onPress: (cameraId: string) => void }) {
  const { t } = useTranslation();
  return (
    <button type="button" className="link-button" title={t("audit.whoSaw")} onClick={() => onPress(cameraId)}>
      {name ?? cameraId}
    </button>
  );
}
