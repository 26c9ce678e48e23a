import { type RefObject, useEffect, useState } from "react";
import type { Camera } from "../api/cameras.ts";
import type { StreamName } from "../live/live-line.ts";

/** A picture may be blown up by so much before the larger stream is worth its decoding. */
const ENLARGED = 1.35;
/** Who has the larger stream keeps it until the tile is clearly smaller: no switching to and fro at the edge. */
const KEPT = 0.9;
const LIKELY_SUB_WIDTH = 640;

type Streams = Pick<Camera, "streams" | "status">;

/** The stream that fits a tile of that many device pixels; a camera with one stream gives that one. */
export function streamFor({ streams, status }: Streams, tilePixels: number, before: StreamName | null): StreamName {
  const names = streams.map((stream) => stream.name);
  if (names.length === 1 && names[0] !== undefined) return names[0];
  const subWidth = status.streams.find((stream) => stream.name === "sub")?.width ?? LIKELY_SUB_WIDTH;
  const bound = (subWidth === 0 ? LIKELY_SUB_WIDTH : subWidth) * ENLARGED * (before === "main" ? KEPT : 1);
  return tilePixels > bound ? "main" : "sub";
}

/** Whether there is a smaller picture to go over to. */
export function hasSub({ streams }: Pick<Camera, "streams">): boolean {
  return streams.some((stream) => stream.name === "sub");
}

/** What a camera is said to send on a stream; empty when nothing is known. */
export function codecOf({ status }: Pick<Camera, "status">, stream: StreamName): string {
  return status.streams.find((each) => each.name === stream)?.codec ?? "";
}

/** Width of an element in device pixels, as it changes. */
export function usePixelWidth(element: RefObject<HTMLElement | null>, present: boolean): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const watched = element.current;
    if (watched === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWidth(Math.round(entry.contentRect.width * window.devicePixelRatio));
    });
    observer.observe(watched);
    return () => observer.disconnect();
  }, [element, present]);
  return width;
}
