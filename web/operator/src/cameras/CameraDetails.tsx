import { Skeleton } from "@hejnal/shared";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { type CameraEvent, cameraEventsKey, fetchCameraEvents, fetchCard, fetchProbe, type Probe, startProbe } from "../api/camera-events.ts";
import { acceptView } from "../api/discovery.ts";
import { useSession } from "../session/session.tsx";
import { useAnnounce } from "../shell/Announcer.tsx";
import { ConsoleDialog } from "../ui/ConsoleDialog.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { causeWords } from "../words/causes.ts";
import { duration, momentWithSeconds } from "../words/console-words.ts";
import { useNowSeconds } from "../words/ticker.ts";
import { PictureMark } from "./PictureMark.tsx";
import type { NumberedCamera } from "./use-cameras.ts";

const PROBE_POLL_MS = 2_000;

/** One camera: the figures of its streams, how well it suits us, and what was noticed. */
export function CameraDetails({ camera, onClose }: { readonly camera: NumberedCamera; readonly onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <ConsoleDialog title={t("cameraDetails.title", { camera: `${camera.number} ${camera.name}` })} isOpen onClose={onClose} width="wide">
      <div className="camera-details">
        <PictureMark status={camera.status} />
        <AcceptView camera={camera} />
        <Figures camera={camera} />
        <Card cameraId={camera.camera_id} />
        <Events cameraId={camera.camera_id} />
      </div>
    </ConsoleDialog>
  );
}

/** A camera that was turned on purpose: what it shows now becomes what it is compared with. */
function AcceptView({ camera }: { readonly camera: NumberedCamera }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const announce = useAnnounce();
  const accept = useMutation({ mutationFn: () => acceptView(camera.camera_id), onSuccess: () => announce(t("cameraDetails.viewAccepted")) });
  if (!may("keepCameras") || camera.status.picture?.kind !== "moved") return null;
  return (
    <div className="form-actions">
      <p>{accept.isSuccess ? t("cameraDetails.viewAccepted") : t("cameraDetails.moved")}</p>
      {accept.isSuccess ? null : (
        <Button className="button" isPending={accept.isPending} onPress={() => accept.mutate()}>
          {t("cameraDetails.acceptView")}
        </Button>
      )}
      <ProblemLine error={accept.error} act="keepCameras" />
    </div>
  );
}

function Figures({ camera }: { readonly camera: NumberedCamera }) {
  const { t, i18n } = useTranslation();
  if (camera.status.streams.length === 0) return null;
  const number = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 });
  const share = new Intl.NumberFormat(i18n.language, { style: "percent", maximumFractionDigits: 2 });
  return (
    <section>
      <h3>{t("cameraDetails.figures")}</h3>
      {camera.status.streams.map((stream) => (
        <p key={stream.name}>
          {t("cameraDetails.figure", {
            stream: t(`cameras.streamName.${stream.name}`),
            codec: stream.codec,
            width: String(stream.width),
            height: String(stream.height),
            fps: number.format(stream.fps),
            usual: number.format(stream.usual_fps ?? stream.fps),
            mbps: number.format(stream.bitrate_bps / 1e6),
            gop: number.format(stream.gop_s),
          })}
          {[
            stream.loss === null || stream.loss === undefined ? "" : t("cameraDetails.loss", { share: share.format(stream.loss) }),
            stream.jitter_s === null || stream.jitter_s === undefined ? "" : t("cameraDetails.jitter", { ms: number.format(stream.jitter_s * 1_000) }),
            stream.drift_ppm === null || stream.drift_ppm === undefined ? "" : t("cameraDetails.drift", { ppm: number.format(stream.drift_ppm) }),
          ]
            .filter((text) => text !== "")
            .map((text) => `, ${text}`)
            .join("")}
        </p>
      ))}
    </section>
  );
}

function Card({ cameraId }: { readonly cameraId: string }) {
  const { t, i18n } = useTranslation();
  const nowMs = useNowSeconds();
  const { may } = useSession();
  const queryClient = useQueryClient();
  const key = [...cameraEventsKey(cameraId), "card"];
  const known = useQuery({ queryKey: key, queryFn: () => fetchCard(cameraId) });
  const [probe, setProbe] = useState<Probe | null>(null);
  const [error, setError] = useState<unknown>(null);
  const running = probe?.state === "running";
  useQuery({
    queryKey: ["probe", probe?.probe_id],
    enabled: running,
    refetchInterval: PROBE_POLL_MS,
    queryFn: async () => {
      const next = await fetchProbe(cameraId, probe?.probe_id ?? "");
      setProbe(next);
      if (next.state === "done") void queryClient.invalidateQueries({ queryKey: cameraEventsKey(cameraId) });
      return next;
    },
  });
  const begin = () => {
    setError(null);
    startProbe(cameraId).then(setProbe, setError);
  };
  const card = probe?.card ?? known.data ?? null;
  return (
    <section aria-live="polite">
      <h3>{t("cameraDetails.card")}</h3>
      {running ? <p>{t("cameraDetails.probing", { wait: duration(t, Date.parse(probe.ends_at) - nowMs) })}</p> : null}
      {card === null ? (
        <p className="soft">{known.isPending ? null : t("cameraDetails.noCard")}</p>
      ) : (
        <>
          <table className="table">
            <tbody>
              {card.lines.map((line) => (
                <tr key={line.subject}>
                  <th scope="row">{t(`cameraDetails.subject.${line.subject}`)}</th>
                  <td>
                    <span className={`grade-${line.grade}`}>{t(`cameraDetails.grade.${line.grade}`)}</span>
                  </td>
                  <td>
                    {line.value}
                    {line.advice_pl === "" ? null : <span className="cell-line">{i18n.language === "pl" ? line.advice_pl : line.advice_en}</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className="soft">{t("cameraDetails.probed", { moment: momentWithSeconds(Date.parse(card.at), nowMs), listened: duration(t, card.listened_s * 1_000) })}</p>
        </>
      )}
      <ProblemLine error={error} act="probeCameras" />
      {may("probeCameras") && !running ? (
        <button type="button" className="button" onClick={begin}>
          {t("cameraDetails.probe")}
        </button>
      ) : null}
    </section>
  );
}

function Events({ cameraId }: { readonly cameraId: string }) {
  const { t } = useTranslation();
  const nowMs = useNowSeconds();
  const events = useQuery({ queryKey: cameraEventsKey(cameraId), queryFn: () => fetchCameraEvents(cameraId) });
  return (
    <section>
      <h3>{t("cameraDetails.events")}</h3>
      {events.isPending ? <Skeleton rows={3} /> : null}
      <ProblemLine error={events.error} />
      {events.data?.length === 0 ? <p className="soft">{t("cameraDetails.noEvents")}</p> : null}
      <ul className="camera-list">
        {(events.data ?? []).map((event) => (
          <li key={event.event_id}>
            <span className="soft">{momentWithSeconds(Date.parse(event.at), nowMs)}</span> <EventWords event={event} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function EventWords({ event }: { readonly event: CameraEvent }) {
  const { t } = useTranslation();
  const { fact } = event;
  if (event.kind === "motion") return <>{t("cameraDetails.event.motion")}</>;
  if (event.kind === "clock-set") return <>{t("cameraDetails.event.clockSet")}</>;
  if ("grade" in fact) return <>{t("cameraDetails.event.probed", { grade: t(`cameraDetails.grade.${fact.grade}`) })}</>;
  if ("cause" in fact) return <>{t("cameraDetails.event.streamFaulted", { cause: causeWords(t, fact.cause) })}</>;
  if (!("kind" in fact)) return null;
  const kind = t(`picture.kind.${fact.kind}`);
  return <>{fact.phase === "cleared" ? t("cameraDetails.event.cleared", { kind }) : kind}</>;
}
