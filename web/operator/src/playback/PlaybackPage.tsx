import { EmptyState, ErrorState, Skeleton } from "@hejnal/shared";
import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";
import { useCameras } from "../cameras/use-cameras.ts";
import { ReasonGate } from "../reasons/ReasonGate.tsx";
import { CameraSelect } from "./CameraSelect.tsx";
import { PlaybackRoom } from "./PlaybackRoom.tsx";
import { togetherIds } from "./together.ts";
import { TogetherRoom } from "./TogetherRoom.tsx";
import "./playback.css";

/** The archive of one camera; without a camera in the address, which one. */
export function PlaybackPage({ cameraId }: { readonly cameraId: string | null }) {
  const { t } = useTranslation();
  const { cameras, byId, isPending, error, refetch } = useCameras();
  const [, navigate] = useLocation();
  const search = useSearch();
  const camera = cameraId === null ? undefined : byId.get(cameraId);

  if (isPending) return <Skeleton rows={4} />;
  if (error !== null && cameras.length === 0) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (camera === undefined) {
    return (
      <div className="page">
        <h1>{t("nav.playback")}</h1>
        <EmptyState icon="camera" title={cameras.length === 0 ? t("wall.noCameras") : cameraId === null ? t("playback.choose") : t("playback.noSuchCamera")}>
          {cameras.length > 0 ? <CameraSelect cameras={cameras} value={null} onChange={(id) => navigate(`/playback/${id}?ago=60`)} /> : null}
        </EmptyState>
      </div>
    );
  }
  const several = togetherIds(search).flatMap((id) => byId.get(id) ?? []);
  return (
    <ReasonGate cameras={several.length > 1 ? several : [camera]}>
      {several.length > 1 ? (
        <TogetherRoom key={several.map((one) => one.camera_id).join()} shown={several} cameras={cameras} search={search} />
      ) : (
        <PlaybackRoom key={camera.camera_id} camera={camera} cameras={cameras} search={search} />
      )}
    </ReasonGate>
  );
}
