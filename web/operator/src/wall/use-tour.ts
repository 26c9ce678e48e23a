import { useEffect, useRef, useState } from "react";
import type { Stop, Tour } from "./tour.ts";

interface TourOptions {
  readonly tour: Tour | null;
  readonly stops: readonly Stop[];
  /** Somebody looks closer: the tour stays where it is. */
  readonly paused: boolean;
  readonly onStop: (stop: Stop) => void;
}

/** Leads from stop to stop; which one it is at, from 0. */
export function useTour({ tour, stops, paused, onStop }: TourOptions): number {
  const [at, setAt] = useState(0);
  const hang = useRef(onStop);
  useEffect(() => {
    hang.current = onStop;
  });
  const current = useRef({ stops, at });
  useEffect(() => {
    current.current = { stops, at };
  });
  const dwellS = tour?.dwellS ?? 0;
  const source = tour?.source ?? null;
  useEffect(() => {
    if (source === null) return;
    const [first] = current.current.stops;
    setAt(0);
    if (first !== undefined) hang.current(first);
  }, [source]);
  useEffect(() => {
    if (source === null || paused) return;
    const handle = setInterval(() => {
      const next = (current.current.at + 1) % Math.max(1, current.current.stops.length);
      const stop = current.current.stops[next];
      setAt(next);
      if (stop !== undefined) hang.current(stop);
    }, dwellS * 1_000);
    return () => clearInterval(handle);
  }, [source, dwellS, paused]);
  return at;
}
