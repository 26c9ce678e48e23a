import { EmptyState, ErrorState, Skeleton } from "@hejnal/shared";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";
import { useCameras } from "../cameras/use-cameras.ts";
import { CameraSelect } from "./CameraSelect.tsx";
import { PlaybackRoom } from "./PlaybackRoom.tsx";
import { playbackPath, startTime } from "./start-time.ts";
import "./playback.css";

/** The archive of one camera; without a camera in the address, which one. */
export function PlaybackPage({ cameraId }: { readonly cameraId: string | null }) {
  const { t } = useTranslation();
  const { cameras, byId, isPending, error, refetch } = useCameras();
  const [, navigate] = useLocation();
  const search = useSearch();
  const camera = cameraId === null ? undefined : byId.get(cameraId);
  const only = cameraId === null && cameras.length > 0 ? cameras[0] : undefined;

  useEffect(() => {
    if (only !== undefined) navigate(playbackPath(only.camera_id, startTime("", Date.now())), { replace: true });
  }, [only, navigate]);

  if (isPending) return <Skeleton rows={4} />;
  if (error !== null && cameras.length === 0) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (camera === undefined) {
    return (
      <div className="page">
        <h1>{t("nav.playback")}</h1>
        <EmptyState icon="camera" title={cameraId === null ? t("wall.noCameras") : t("playback.noSuchCamera")}>
          {cameras.length > 0 ? <CameraSelect cameras={cameras} value={null} onChange={(id) => navigate(`/playback/${id}?ago=60`)} /> : null}
        </EmptyState>
      </div>
    );
  }
  return <PlaybackRoom key={camera.camera_id} camera={camera} cameras={cameras} search={search} />;
}
