import { asProblem } from "@hejnal/shared";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fetchSnapshot } from "../api/archive.ts";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { useReasons } from "../reasons/use-reasons.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { exact } from "../words/console-words.ts";
import { clockWithSeconds, townDay } from "../words/town-clock.ts";

/** `17-rynek-polnoc_2026-11-22_12-03-07-040.png`: camera and the town's time of the frame. */
export function snapshotName(camera: Pick<NumberedCamera, "number" | "name">, atMs: number): string {
  const plain = camera.name.replaceAll("ł", "l").replaceAll("Ł", "L").normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const name = plain.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60);
  const millisecond = String(Math.floor(atMs) % 1_000).padStart(3, "0");
  return `${camera.number}-${name}_${townDay(atMs)}_${clockWithSeconds(atMs).replaceAll(":", "-")}-${millisecond}.png`;
}

export interface SnapshotState {
  readonly save: (atMs: number) => Promise<void>;
  readonly error: unknown;
  /** Cause of the gap in which there is no frame. */
  readonly gapCause: string | null;
  /** Time of the frame that was saved last. */
  readonly savedMs: number | null;
}

/** Saves the frame of a moment as a file of the browser. */
export function useSnapshot(camera: NumberedCamera): SnapshotState {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const reason = useReasons().reasonFor(camera.camera_id);
  const [error, setError] = useState<unknown>(null);
  const [savedMs, setSaved] = useState<number | null>(null);
  const save = async (atMs: number) => {
    setError(null);
    setSaved(null);
    try {
      const snapshot = await fetchSnapshot(camera.camera_id, atMs, reason);
      download(snapshot.picture, snapshotName(camera, snapshot.atMs));
      setSaved(snapshot.atMs);
      announce(t("playback.snapshotSaved", { time: exact(snapshot.atMs) }));
    } catch (cause) {
      setError(cause);
    }
  };
  const problem = error === null ? null : asProblem(error);
  return { save, error, savedMs, gapCause: problem?.slug === "no-footage" ? (problem.errors[0]?.code ?? null) : null };
}

function download(picture: Blob, name: string): void {
  const url = URL.createObjectURL(picture);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken the file up by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
