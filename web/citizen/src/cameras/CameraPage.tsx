import { lazy } from "react";
import { useTranslation } from "react-i18next";
import { EmptyState, ErrorState, Icon, Skeleton, useDateWords } from "@hejnal/shared";
import { Link } from "wouter";
import { MapBoundary } from "../app/MapBoundary.tsx";
import { Page } from "../app/Page.tsx";
import type { CameraRegister, PublicCamera } from "../api.ts";
import { coneWords } from "./cone-words.ts";
import { Responsible } from "./Responsible.tsx";
import { useCameras } from "./use-cameras.ts";

const CamerasMap = lazy(() => import("./CamerasMap.tsx"));

/** One entry of the register: where it stands, what it sees, what for, and how long that is kept. */
export default function CameraPage({ id }: { readonly id: string }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useCameras();
  const camera = data?.items.find((item) => item.id === id);
  if (data && camera) return <Camera camera={camera} register={data} />;
  if (data) {
    return (
      <Page title={t("cameras.gone")} narrow>
        <EmptyState icon="search" title={t("cameras.goneText")}>
          <Link href="/kamery" className="button">
            {t("cameras.back")}
          </Link>
        </EmptyState>
      </Page>
    );
  }
  return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton />;
}

function Camera({ camera, register }: { readonly camera: PublicCamera; readonly register: CameraRegister }) {
  const { t } = useTranslation();
  const dates = useDateWords();
  const facts = [
    ["where", camera.address],
    ["purpose", camera.purpose],
    ["sees", camera.view_cone ? coneWords(t, camera.view_cone) : t("cameras.seesUnknown")],
    ["keeps", camera.keeps_footage ? t("cameras.keeps", { days: camera.keep_days }) : t("cameras.keepsNot")],
    ["sound", camera.records_sound ? t("cameras.sound") : t("cameras.soundNot")],
    ["changed", dates.moment(new Date(camera.changed_at))],
  ] as const;
  return (
    <Page
      title={camera.name}
      narrow
      kicker={
        <Link href="/kamery" className="back-link">
          <Icon name="back" />
          {t("cameras.back")}
        </Link>
      }
    >
      <dl className="facts">
        {facts.map(([name, value]) =>
          value ? (
            <div key={name}>
              <dt>{t(`cameras.fact.${name}`)}</dt>
              <dd>{value}</dd>
            </div>
          ) : null,
        )}
      </dl>
      <MapBoundary>
        <CamerasMap cameras={[camera]} selected={camera.id} onSelect={() => undefined} />
      </MapBoundary>
      <Responsible register={register} cameraId={camera.id} />
    </Page>
  );
}
