import { EmptyState } from "@hejnal/shared";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { ConditionMark } from "../cameras/ConditionMark.tsx";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { playbackPath } from "../playback/start-time.ts";
import { useSession } from "../session/session.tsx";
import { loadWall, reduceWall, saveWall } from "../wall/wall-state.ts";
import { clock } from "../words/town-clock.ts";
import type { NearbyCamera } from "./nearby-cameras.ts";

interface CamerasNearbyProps {
  readonly near: readonly NearbyCamera<NumberedCamera>[];
  /** When it was reported: the footage of a minute before is one press away. */
  readonly atMs: number;
}

/** Cameras that see the place of a report, and those close by. */
export function CamerasNearby({ near, atMs }: CamerasNearbyProps) {
  const { t } = useTranslation();
  const { may } = useSession();
  const [, navigate] = useLocation();
  const watch = (cameraId: string) => {
    saveWall(localStorage, reduceWall(loadWall(localStorage), { type: "assign", cameraId }));
    navigate("/wall");
  };
  return (
    <section>
      <h3>{t("reports.cameras")}</h3>
      {near.length === 0 ? (
        <EmptyState icon="camera" title={t("reports.noCameras")} />
      ) : (
        <ul className="near">
          {near.map(({ camera, distanceM, sees }) => (
            <li key={camera.camera_id}>
              <span className="camera-number">{camera.number}</span>
              <span className="near-name">
                {camera.name}
                <span className="soft">
                  {t("reports.metres", { count: Math.round(distanceM) })}, {sees ? t("reports.sees") : t("reports.close")}
                </span>
              </span>
              <ConditionMark condition={camera.status.condition} wordHidden />
              {may("watchLive") ? (
                <button type="button" className="link-button" onClick={() => watch(camera.camera_id)}>
                  {t("reports.watch")}
                </button>
              ) : null}
              {may("playBack") ? <Link href={playbackPath(camera.camera_id, atMs - 60_000)}>{t("reports.footage", { time: clock(atMs - 60_000) })}</Link> : null}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
