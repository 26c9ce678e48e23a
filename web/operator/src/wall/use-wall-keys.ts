import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import type { WallView } from "../api/views.ts";
import { cameraByNumber } from "../cameras/camera-search.ts";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { useSession } from "../session/session.tsx";
import { useAnnounce } from "../shell/Announcer.tsx";
import { useHotkeys } from "../shell/hotkeys.ts";
import { calledNumber, type Call, callingView, erased, isOpen, NO_CALL, typed } from "./call-buffer.ts";
import { viewOf } from "./use-views.ts";
import { reduceWall, type Wall, type WallAction } from "./wall-state.ts";

const DIGITS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

export interface WallKeysOptions {
  readonly wall: Wall;
  readonly dispatch: (action: WallAction) => void;
  readonly cameras: readonly NumberedCamera[];
  readonly views: readonly WallView[];
  /** The arrows drive a camera now. */
  readonly steering: boolean;
  readonly onEnlarge: (enlarge: (before: boolean) => boolean) => void;
  readonly onView: (view: WallView) => void;
  readonly onTour: () => void;
  readonly onFullScreen: () => void;
  readonly onSound: () => void;
  readonly onSteer: () => void;
}

/** Digits and Enter, `w` for views, arrows, Delete, Escape, and one letter for each thing a tile or the wall can do. */
export function useWallKeys(options: WallKeysOptions) {
  const { wall, dispatch, cameras, views, steering } = options;
  const { t } = useTranslation();
  const announce = useAnnounce();
  const [, navigate] = useLocation();
  const { active, may } = useSession();
  const [call, setCall] = useState<Call>(NO_CALL);
  const cells = useRef<(HTMLDivElement | null)[]>([]);

  const focusTile = (tile: number) => {
    if (tile !== wall.focused) dispatch({ type: "focus", tile });
  };
  const move = (by: "left" | "right" | "up" | "down") => (event: KeyboardEvent) => {
    if (steering) return false;
    const action: WallAction = { type: event.shiftKey ? "carry" : "move", by };
    const next = reduceWall(wall, action);
    dispatch(action);
    cells.current[next.focused]?.focus();
    if (event.shiftKey) announce(t("wall.carried", { tile: next.focused + 1 }));
    return undefined;
  };
  const enter = () => {
    if (!isOpen(call, Date.now())) {
      if (wall.tiles[wall.focused] === null) return false;
      options.onEnlarge((before) => !before);
      return undefined;
    }
    if (call.kind === "view") callView();
    else callCamera();
    setCall(NO_CALL);
    return undefined;
  };
  const callCamera = () => {
    const wanted = cameraByNumber(cameras, calledNumber(call));
    if (wanted === undefined) {
      announce(t("wall.noSuchCamera", { number: call.digits }));
      return;
    }
    dispatch({ type: "assign", cameraId: wanted.camera_id });
    announce(t("wall.called", { camera: `${wanted.number} ${wanted.name}`, tile: wall.focused + 1 }));
  };
  const callView = () => {
    const wanted = viewOf(views, calledNumber(call));
    if (wanted === null) announce(t("views.noSuch", { number: call.digits }));
    else options.onView(wanted);
  };
  /** Enter belongs to the call from now on, not to a button that was pressed last. */
  const listen = () => cells.current[wall.focused]?.focus();
  const digit = (event: KeyboardEvent) => {
    listen();
    setCall((before) => typed(before, event.key, Date.now()));
    return undefined;
  };
  const done = (run: () => void) => () => {
    run();
    return undefined;
  };
  useHotkeys(
    {
      ...Object.fromEntries(DIGITS.map((key) => [key, digit])),
      w: done(() => {
        listen();
        setCall(callingView(Date.now()));
      }),
      Enter: enter,
      Backspace: () => {
        if (!isOpen(call, Date.now())) return false;
        setCall((before) => erased(before, Date.now()));
        return undefined;
      },
      Escape: done(() => {
        setCall(NO_CALL);
        options.onEnlarge(() => false);
      }),
      Delete: done(() => dispatch({ type: "clear" })),
      ArrowLeft: move("left"),
      ArrowRight: move("right"),
      ArrowUp: move("up"),
      ArrowDown: move("down"),
      t: done(options.onTour),
      f: done(options.onFullScreen),
      a: done(options.onSound),
      c: done(options.onSteer),
      p: () => {
        const cameraId = wall.tiles[wall.focused];
        if (cameraId === null || cameraId === undefined || !may("playBack")) return false;
        navigate(`/playback/${cameraId}?ago=60`);
        return undefined;
      },
    },
    active,
  );
  return { call, focusTile, cells };
}
