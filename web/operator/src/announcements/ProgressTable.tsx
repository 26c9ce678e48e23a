import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type AnnouncementDetail, ANNOUNCEMENTS_KEY, fetchProgress, type VersionProgress } from "../api/town.ts";
import { clockWithSeconds } from "../words/town-clock.ts";
import { DataTable } from "../ui/DataTable.tsx";
import { Failures } from "./Failures.tsx";
import { newest, tally } from "./progress.ts";

const LIVE_MS = 1_000;
/** A version that nobody was to hear of never reports; after this we stop asking every second. */
const PATIENCE_MS = 2 * 60_000;

/** How the newest version fares on its way to people; asked for every second until all is settled. */
export function ProgressTable({ announcement }: { readonly announcement: AnnouncementDetail }) {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: [...ANNOUNCEMENTS_KEY, "progress", announcement.id, announcement.version],
    queryFn: () => fetchProgress(announcement.id),
    initialData: announcement.progress,
    refetchInterval: (state) => {
      const last = newest(state.state.data ?? []);
      const settled = last !== null && last.version === announcement.version && last.finished;
      const young = Date.now() - Date.parse(announcement.updated_at) < PATIENCE_MS;
      return settled || !young ? 30_000 : LIVE_MS;
    },
  });
  const last = newest(query.data);
  const current = last !== null && last.version === announcement.version ? last : null;
  const counts = current === null ? null : tally(current);
  return (
    <section className="progress" aria-label={t("progress.title")}>
      <h3>{t("progress.title")}</h3>
      {current === null || counts === null ? (
        <p className="soft" role="status">
          {t("progress.none")}
        </p>
      ) : (
        <>
          <p role="status" data-progress-finished={current.finished}>
            {counts.total === 0 && current.finished ? t("progress.nobody") : t("announcements.reached", { reached: counts.reached, total: counts.total })}{" "}
            <span className="soft">{current.finished ? t("progress.finished", { time: clockWithSeconds(Date.parse(current.at)) }) : t("progress.going")}</span>
          </p>
          {counts.total === 0 ? null : <Channels current={current} done={counts.total - counts.waiting} total={counts.total} />}
        </>
      )}
    </section>
  );
}

const STATES = ["queued", "sent", "delivered", "failed"] as const;
const SHARES = ["50 %", "95 %", "99 %"] as const;

interface ChannelsProps {
  readonly current: VersionProgress;
  readonly done: number;
  readonly total: number;
}

/** Every channel's counts, and how soon half, nearly all and all but the last of its messages were handed over. */
function Channels({ current, done, total }: ChannelsProps) {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 });
  const pace = (seconds: number | null | undefined) => (seconds === null || seconds === undefined ? "–" : t("duration.seconds", { count: number.format(seconds) }));
  const known = current.channels.some(({ pace_s: paces }) => paces?.some((seconds) => seconds !== null));
  const shares = known ? SHARES : [];
  return (
    <>
      <progress max={total} value={done} aria-label={t("progress.title")} />
      <DataTable caption={t("progress.title")} columns={[t("preview.channel"), ...STATES.map((state) => ({ label: t(`progress.${state}`), className: "number" })), ...shares.map((label) => ({ label, className: "number" }))]}>
        {current.channels.map((channel) => (
          <tr key={channel.channel} data-channel={channel.channel}>
            <th scope="row">
              {t(`channel.${channel.channel}`)}
              {channel.waiting_for_push > 0 ? <span className="soft cell-line">{t("progress.waitingForPush", { count: channel.waiting_for_push })}</span> : null}
              {channel.spared_by_push > 0 ? <span className="soft cell-line">{t("progress.sparedByPush", { count: channel.spared_by_push })}</span> : null}
            </th>
            <td className="number">{channel.queued + channel.unknown}</td>
            <td className="number">{channel.sent}</td>
            <td className="number">{channel.delivered}</td>
            <td className={channel.failed + channel.expired > 0 ? "number attention" : "number"}>{channel.failed + channel.expired + channel.cancelled - channel.spared_by_push}</td>
            {shares.map((share, index) => (
              <td key={share} className="number">
                {pace(channel.pace_s?.[index])}
              </td>
            ))}
          </tr>
        ))}
      </DataTable>
      {known ? <p className="soft">{t("messages.paceHelp")}</p> : null}
      <Failures current={current} />
    </>
  );
}
