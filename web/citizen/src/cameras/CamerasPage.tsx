import { lazy, Suspense, useMemo, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { answer, EmptyState, ErrorState, Icon, Skeleton } from "@hejnal/shared";
import { Field } from "../app/fields.tsx";
import { Page } from "../app/Page.tsx";
import { api } from "../api.ts";

const CamerasMap = lazy(() => import("./CamerasMap.tsx"));

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
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["cameras"],
    queryFn: () => answer(api.GET("/api/v1/cameras")),
    staleTime: 60_000,
  });
  const found = useMemo(() => {
    const wanted = folded(words.trim());
    return (data?.items ?? []).filter(({ name, address }) => folded(`${name} ${address}`).includes(wanted));
  }, [data, words]);

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
            <Suspense fallback={<Skeleton rows={1} />}>
              <CamerasMap cameras={found} selected={selected} onSelect={setSelected} />
            </Suspense>
          ) : null}
          {data.items.length && !found.length ? <EmptyState icon="search" title={t("cameras.none")} /> : null}
          {/* eslint-disable-next-line jsx-a11y/no-redundant-roles -- a list without bullets is none to VoiceOver */}
          <ul className="cards camera-cards" role="list">
            {(view === "map" && selected ? found.filter(({ id }) => id === selected) : found).map((camera) => (
              <li key={camera.id}>
                <article className="card">
                  <h2 className="card-title">
                    <Icon name="camera" /> {camera.name}
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
                  <p className="hint">{camera.keeps_footage ? t("cameras.keeps", { days: camera.keep_days }) : t("cameras.keepsNot")}</p>
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
          <section className="list-section">
            <h2>{t("cameras.administrator")}</h2>
            {data.administrator ? <p>{data.administrator}</p> : null}
            <p>{t("cameras.rights")}</p>
          </section>
        </>
      ) : null}
    </Page>
  );
}
