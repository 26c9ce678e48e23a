import { useState } from "react";
import type { LatLon } from "@hejnal/shared";

/** A place the reader chose, kept on this device only. Without a label it came from the device's own position. */
export interface ChosenPlace extends LatLon {
  readonly label: string;
}

const STORED = "hejnal.place";

function stored(): ChosenPlace | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(STORED) ?? "null");
    if (typeof value !== "object" || value === null) return null;
    const { lat, lon, label } = value as Record<string, unknown>;
    return typeof lat === "number" && typeof lon === "number" && typeof label === "string" ? { lat, lon, label } : null;
  } catch {
    return null;
  }
}

/** The place around which the reader wants to know what happens; null: the whole town. Never sent further than the question. */
export function usePlace(): [ChosenPlace | null, (place: ChosenPlace | null) => void] {
  const [place, setPlace] = useState(stored);
  return [
    place,
    (next) => {
      setPlace(next);
      try {
        if (next) localStorage.setItem(STORED, JSON.stringify(next));
        else localStorage.removeItem(STORED);
      } catch {
        // storage is blocked: the choice lasts for this visit
      }
    },
  ];
}
