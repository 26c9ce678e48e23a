import { Icon } from "@hejnal/shared";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { fetchPresets, goToPreset, moveCamera, stopCamera } from "../api/ptz.ts";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { useReasons } from "../reasons/use-reasons.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { IconButton } from "../ui/IconButton.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { isDriveKey, keysVelocity, PtzDrive, STILL, stickVelocity } from "./ptz-drive.ts";
import { useLease } from "./use-lease.ts";
import "./ptz.css";

interface PtzPadProps {
  readonly camera: NumberedCamera;
  readonly onEnd: () => void;
}

/** The joystick of a camera over its picture: stick, arrow keys, zoom, places it remembers; who holds it when it is not free. */
export function PtzPad({ camera, onEnd }: PtzPadProps) {
  const { t } = useTranslation();
  const { reasonFor } = useReasons();
  const id = camera.camera_id;
  const { state, takeOver, tryAgain, refused } = useLease(id, reasonFor(id));
  return (
    <section className="ptz" aria-label={t("ptz.title", { camera: `${camera.number} ${camera.name}` })}>
      <header className="ptz-head">
        <span role="status">{t(`ptz.state.${state.kind}`, { holder: state.kind === "held" ? state.holder : "" })}</span>
        <IconButton label={t("ptz.stop")} shortcut="C" onPress={onEnd}>
          <Icon name="close" />
        </IconButton>
      </header>
      {state.kind === "mine" ? <Joystick camera={camera} onRefused={refused} onEnd={onEnd} /> : null}
      {state.kind === "held" && state.mayTakeOver ? (
        <Button className="button button-attention" onPress={takeOver}>
          {t("ptz.takeOver")}
        </Button>
      ) : null}
      {state.kind === "held" || state.kind === "failed" ? (
        <Button className="button" onPress={tryAgain}>
          {t("ui.retry")}
        </Button>
      ) : null}
      {state.kind === "failed" ? <ProblemLine error={state.error} act="watchLive" /> : null}
    </section>
  );
}

interface JoystickProps {
  readonly camera: NumberedCamera;
  readonly onRefused: (error: unknown) => void;
  readonly onEnd: () => void;
}

function Joystick({ camera, onRefused, onEnd }: JoystickProps) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const id = camera.camera_id;
  const drive = useMemo(() => new PtzDrive({ move: (velocity) => moveCamera(id, velocity), stop: () => stopCamera(id), onError: onRefused }), [id, onRefused]);
  const presets = useQuery({ queryKey: ["ptz-presets", id], queryFn: () => fetchPresets(id), staleTime: 60_000, retry: false });
  useDriveKeys(drive, onEnd);
  // Nobody's hand is on the stick when the page is out of sight, and nobody sees what moves.
  useEffect(() => {
    const release = () => drive.release();
    const hidden = () => {
      if (document.hidden) drive.release();
    };
    window.addEventListener("blur", release);
    window.addEventListener("pagehide", release);
    window.addEventListener("offline", release);
    document.addEventListener("visibilitychange", hidden);
    return () => {
      window.removeEventListener("blur", release);
      window.removeEventListener("pagehide", release);
      window.removeEventListener("offline", release);
      document.removeEventListener("visibilitychange", hidden);
      drive.release();
    };
  }, [drive]);

  const zoom = (by: number) => ({
    onPressStart: () => drive.want({ ...STILL, zoom: by }),
    onPressEnd: () => drive.release(),
  });
  const visit = (token: string) => {
    const name = presets.data?.find((preset) => preset.token === token)?.name ?? token;
    goToPreset(id, token).then(
      () => announce(t("ptz.visiting", { place: name })),
      (error: unknown) => onRefused(error),
    );
  };
  return (
    <div className="ptz-body">
      <Stick drive={drive} />
      <div className="ptz-side">
        <IconButton label={t("ptz.zoomIn")} shortcut="+" {...zoom(0.6)}>
          <span aria-hidden="true">{"+"}</span>
        </IconButton>
        <IconButton label={t("ptz.zoomOut")} shortcut="−" {...zoom(-0.6)}>
          <span aria-hidden="true">{"−"}</span>
        </IconButton>
      </div>
      {presets.data !== undefined && presets.data.length > 0 ? (
        <MenuTrigger>
          <Button className="button">{t("ptz.presets")}</Button>
          <Popover className="popover">
            <Menu className="menu" aria-label={t("ptz.presets")} items={presets.data} onAction={(token) => visit(String(token))}>
              {(preset) => (
                <MenuItem id={preset.token} className="menu-item">
                  {preset.name === "" ? preset.token : preset.name}
                </MenuItem>
              )}
            </Menu>
          </Popover>
        </MenuTrigger>
      ) : null}
    </div>
  );
}

/** A stick for mouse and finger; on the keyboard the arrows do the same. */
function Stick({ drive }: { readonly drive: PtzDrive }) {
  const { t } = useTranslation();
  const [held, setHeld] = useState<{ readonly x: number; readonly y: number } | null>(null);
  const follow = (event: React.PointerEvent<HTMLDivElement>) => {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    const x = Math.max(-1, Math.min(1, ((event.clientX - left) / width) * 2 - 1));
    const y = Math.max(-1, Math.min(1, ((event.clientY - top) / height) * 2 - 1));
    setHeld({ x, y });
    drive.want(stickVelocity(x, y));
  };
  const letGo = () => {
    setHeld(null);
    drive.release();
  };
  return (
    <div
      className="ptz-stick"
      role="img"
      aria-label={t("ptz.stick")}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        follow(event);
      }}
      onPointerMove={(event) => {
        if (held !== null) follow(event);
      }}
      onPointerUp={letGo}
      onPointerCancel={letGo}
      onLostPointerCapture={letGo}
    >
      <svg viewBox="-50 -50 100 100" aria-hidden="true">
        <circle r="48" className="ptz-stick-edge" />
        <path d="M0-40-6-32H6zM0 40-6 32H6zM-40 0-32-6V6zM40 0 32-6V6z" className="ptz-stick-sign" />
        <circle r="14" cx={(held?.x ?? 0) * 34} cy={(held?.y ?? 0) * 34} className="ptz-stick-knob" />
      </svg>
    </div>
  );
}

/** Arrows, plus and minus drive while they are held; Escape ends. */
function useDriveKeys(drive: PtzDrive, onEnd: () => void) {
  const end = useRef(onEnd);
  useEffect(() => {
    end.current = onEnd;
  });
  useEffect(() => {
    const held = new Set<string>();
    const down = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.target instanceof Element && event.target.closest("input, textarea, select, [role=menu], [role=dialog]") !== null) return;
      if (event.key === "Escape") {
        event.preventDefault();
        end.current();
        return;
      }
      if (!isDriveKey(event.key)) return;
      event.preventDefault();
      if (event.repeat) return;
      held.add(event.key);
      drive.want(keysVelocity(held, event.shiftKey));
    };
    const up = (event: KeyboardEvent) => {
      if (!held.delete(event.key)) return;
      drive.want(keysVelocity(held, event.shiftKey));
    };
    const lost = () => held.clear();
    // Before the wall's own keys: what drives the camera moves no mark.
    window.addEventListener("keydown", down, true);
    window.addEventListener("keyup", up, true);
    window.addEventListener("blur", lost);
    return () => {
      window.removeEventListener("keydown", down, true);
      window.removeEventListener("keyup", up, true);
      window.removeEventListener("blur", lost);
    };
  }, [drive]);
}
