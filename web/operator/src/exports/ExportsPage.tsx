import { EmptyState, ErrorState, Skeleton } from "@hejnal/shared";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearch } from "wouter";
import { useCameras } from "../cameras/use-cameras.ts";
import { startTime } from "../playback/start-time.ts";
import { Loaded } from "../ui/Loaded.tsx";
import { ExportForm } from "./ExportForm.tsx";
import { ExportTable } from "./ExportTable.tsx";
import { useExports } from "./use-exports.ts";
import "./exports.css";

/** Footage as evidence: ask for a signed package, see how far it is, fetch it. */
export function ExportsPage() {
  const { t } = useTranslation();
  const search = useSearch();
  const [atMs] = useState(() => startTime(search, Date.now()));
  const { cameras, byId, isPending, error, refetch } = useCameras();
  const query = useExports();
  if (isPending || query.isPending) return <Skeleton rows={4} />;
  if (error !== null && cameras.length === 0) return <ErrorState error={error} onRetry={() => void refetch()} />;
  const nameOf = (cameraId: string) => byId.get(cameraId)?.name ?? cameraId;
  return (
    <div className="page">
      <h1>{t("nav.exports")}</h1>
      <p className="soft">{t("exports.intro")}</p>
      <ExportForm cameras={cameras} cameraId={new URLSearchParams(search).get("camera")} atMs={atMs} />
      <h2>{t("exports.list")}</h2>
      <Loaded query={query} empty={<EmptyState icon="search" title={t("exports.none")} />}>
        {(exports) => <ExportTable exports={exports} nameOf={nameOf} />}
      </Loaded>
    </div>
  );
}
