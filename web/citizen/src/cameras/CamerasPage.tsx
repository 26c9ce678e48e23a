import { lazy, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { EmptyState, ErrorState, Icon, Skeleton } from "@hejnal/shared";
import { Link } from "wouter";
import { Field } from "../app/fields.tsx";
import { MapBoundary } from "../app/MapBoundary.tsx";
import { Page } from "../app/Page.tsx";
import { Responsible } from "./Responsible.tsx";
import { useCameras } from "./use-cameras.ts";

const CamerasMap = lazy(() => import("./CamerasMap.tsx"));

/** As many as one cares to read at once; a town may have two hundred. */
const PAGE = 20;

/** Letters without their marks, so that "zolkiewskiego" finds "Żółkiewskiego". */
function folded(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/ł/g, "l")
    .replace(/Ł/g, "L")
    .toLowerCase();
}

/** The public register of the town's cameras: list first, map beside it. */
export default function CamerasPage() {
  const { t } = useTranslation();
  const [words, setWords] = useState("");
  const [view, setView] = useState<"list" | "map">("list");
  const [selected, setSelected] = useState<string>();
  const [most, setMost] = useState(PAGE);
  const { data, error, isPending, refetch } = useCameras();
  const found = useMemo(() => {
    const wanted = folded(words.trim());
    return (data?.items ?? []).filter(({ name, address }) => folded(`${name} ${address}`).includes(wanted));
  }, [data, words]);

  const listed = view === "map" && selected ? found.filter(({ id }) => id === selected) : found.slice(0, most);

  return (
    <Page title={t("cameras.title")}>
      <p className="lead">{t("cameras.lead")}</p>
      <div className="toolbar">
        <Field label={t("cameras.search")} value={words} onChange={setWords} type="search" />
        <div className="segments" role="group" aria-label={t("home.view")}>
          <button type="button" aria-pressed={view === "list"} onClick={() => setView("list")}>
            <Icon name="list" />
            {t("home.list")}
          </button>
          <button type="button" aria-pressed={view === "map"} onClick={() => setView("map")}>
            <Icon name="map" />
            {t("home.map")}
          </button>
        </div>
      </div>
      {isPending ? <Skeleton /> : null}
      {error && !data ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {data ? (
        <>
          <p role="status" className="hint">
            {t("cameras.count", { count: found.length })}
          </p>
          {view === "map" ? (
            <MapBoundary>
              <CamerasMap cameras={found} selected={selected} onSelect={setSelected} />
            </MapBoundary>
          ) : null}
          {data.items.length && !found.length ? <EmptyState icon="search" title={t("cameras.none")} /> : null}
          {/* eslint-disable-next-line jsx-a11y/no-redundant-roles -- a list without bullets is none to VoiceOver */}
          <ul className="cards camera-cards" role="list">
            {listed.map((camera) => (
              <li key={camera.id}>
                <article className="card">
                  <h2 className="card-title">
                    <Icon name="camera" /> <Link href={`/kamery/${camera.id}`}>{camera.name}</Link>
                  </h2>
                  {camera.address ? (
                    <p className="card-facts">
                      <span>
                        <Icon name="pin" />
                        {camera.address}
                      </span>
                    </p>
                  ) : null}
                  {camera.purpose ? (
                    <p>
                      <strong>{t("cameras.purpose")}: </strong>
                      {camera.purpose}
                    </p>
                  ) : null}
                  <p className="hint">
                    {camera.keeps_footage ? t("cameras.keeps", { days: camera.keep_days }) : t("cameras.keepsNot")}{" "}
                    {camera.records_sound ? t("cameras.sound") : t("cameras.soundNot")}
                  </p>
                  {view === "list" ? (
                    <button
                      type="button"
                      className="link-button"
                      aria-label={t("cameras.showOnMap", { name: camera.name })}
                      onClick={() => {
                        setSelected(camera.id);
                        setView("map");
                      }}
                    >
                      {t("announcement.showMap")}
                    </button>
                  ) : null}
                </article>
              </li>
            ))}
          </ul>
          {listed.length < found.length && !(view === "map" && selected) ? (
            <button type="button" className="button more-button" onClick={() => setMost(most + PAGE)}>
              {t("cameras.more", { count: found.length - listed.length })}
            </button>
          ) : null}
          <Responsible register={data} />
        </>
      ) : null}
    </Page>
  );
}
