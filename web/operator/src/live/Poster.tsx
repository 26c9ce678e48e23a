import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Camera } from "../api/cameras.ts";
import { duration } from "../words/console-words.ts";
import { useNowSeconds } from "../words/ticker.ts";

interface PosterProps {
  readonly camera: Pick<Camera, "camera_id" | "restricted">;
  readonly title: string;
  /** Why a restricted camera is looked at; without one nothing is fetched. */
  readonly reason: string;
}

interface Picture {
  readonly url: string;
  readonly takenAtMs: number;
}

/** The last small picture of a camera while the live one is on its way: dimmed, with its age written on it. */
export function Poster({ camera, title, reason }: PosterProps) {
  const { t } = useTranslation();
  const nowMs = useNowSeconds();
  const [picture, setPicture] = useState<Picture | null>(null);
  const cameraId = camera.camera_id;
  const allowed = !camera.restricted || reason !== "";

  useEffect(() => {
    if (!allowed) return;
    const abort = new AbortController();
    let url: string | null = null;
    void fetchPoster(cameraId, reason, abort.signal).then((found) => {
      if (found === null) return;
      if (abort.signal.aborted) {
        URL.revokeObjectURL(found.url);
        return;
      }
      url = found.url;
      setPicture(found);
    });
    return () => {
      abort.abort();
      if (url !== null) URL.revokeObjectURL(url);
      setPicture(null);
    };
  }, [allowed, cameraId, reason]);

  if (picture === null) return null;
  return (
    <div className="tile-poster">
      <img src={picture.url} alt={t("picture.posterAlt", { camera: title })} />
      <span className="tile-poster-age">{t("picture.poster", { age: duration(t, nowMs - picture.takenAtMs) })}</span>
    </div>
  );
}

async function fetchPoster(cameraId: string, reason: string, signal: AbortSignal): Promise<Picture | null> {
  const query = reason === "" ? "" : `?${new URLSearchParams({ reason }).toString()}`;
  try {
    const answer = await fetch(`/api/v1/cameras/${encodeURIComponent(cameraId)}/thumbnail${query}`, { signal });
    // A picture whose age is not known is no picture.
    const takenAtMs = Date.parse(answer.headers.get("X-Taken-At") ?? "");
    if (!answer.ok || Number.isNaN(takenAtMs)) return null;
    return { url: URL.createObjectURL(await answer.blob()), takenAtMs };
  } catch {
    return null; // the live picture is on its way and says what is wrong
  }
}
