import { type RefObject, useEffect, useRef, useState } from "react";
import { playlistUrl } from "../api/archive.ts";
import { useSession } from "../session/session.tsx";
import { ArchivePlayer, type PlayerFailure, type PlayerState } from "./archive-player.ts";

export interface Playback {
  readonly state: PlayerState;
  readonly failure: PlayerFailure | null;
  /** Wall-clock time of the frame on the screen. */
  readonly atMs: number | null;
  readonly player: RefObject<ArchivePlayer | null>;
}

/** Plays one camera's archive in `video`, and tells the time of the frame that is shown. `reason`: why a restricted one is looked at. */
export function useArchivePlayer(video: RefObject<HTMLVideoElement | null>, cameraId: string, startMs: number, reason: string): Playback {
  const { active, ended } = useSession();
  const [state, setState] = useState<PlayerState>("idle");
  const [failure, setFailure] = useState<PlayerFailure | null>(null);
  const [atMs, setAtMs] = useState<number | null>(null);
  const player = useRef<ArchivePlayer | null>(null);
  const start = useRef(startMs);

  useEffect(() => {
    const element = video.current;
    if (!active || element === null) return;
    const opened = new ArchivePlayer({
      video: element,
      playlistUrl: (fromMs, toMs, keyFramesOnly) => playlistUrl(cameraId, fromMs, toMs, keyFramesOnly, reason),
      now: Date.now,
      onState: (next, why) => {
        setState(next);
        setFailure(why);
      },
      onUnauthenticated: ended,
      onFrame: (shown) => {
        start.current = shown;
        setAtMs(shown);
      },
    });
    player.current = opened;
    opened.seek(start.current);
    return () => {
      opened.close();
      player.current = null;
    };
  }, [video, cameraId, reason, active, ended]);

  return { state, failure, atMs, player };
}
