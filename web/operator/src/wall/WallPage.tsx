import { EmptyState, ErrorState, Skeleton } from "@hejnal/shared";
import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { Button, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { type NumberedCamera, useCameras } from "../cameras/use-cameras.ts";
import { useSession } from "../session/session.tsx";
import { useAnnounce } from "../shell/Announcer.tsx";
import { useHotkeys } from "../shell/hotkeys.ts";
import { useNowQuarters } from "../words/ticker.ts";
import { calledNumber, type Call, erased, isOpen, NO_CALL, typed } from "./call-buffer.ts";
import { CameraPanel } from "./CameraPanel.tsx";
import { Tile } from "./Tile.tsx";
import { useSettled } from "./use-settled.ts";
import { type Layout, LAYOUTS, loadWall, reduceWall, saveWall, type Wall } from "./wall-state.ts";
import "./wall.css";

const DIGITS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/** The wall: up to sixteen live pictures, filled from the list or by number and Enter. */
export function WallPage() {
  const { t } = useTranslation();
  const { cameras, byId, isPending, error, refetch } = useCameras();
  const [wall, dispatch] = useReducer(reduceWall, localStorage, loadWall);
  const [enlarged, setEnlarged] = useState(false);
  const [panelOpen, setPanelOpen] = useState(true);
  useEffect(() => saveWall(localStorage, wall), [wall]);

  const assign = useCallback((cameraId: string) => dispatch({ type: "assign", cameraId }), []);
  const { call, focusTile, cells } = useWallKeys({ wall, dispatch, cameras, setEnlarged });
  const bigTile = useSettled(wall.focused, 600);
  const big = enlarged || wall.layout === 1;

  if (isPending) return <Skeleton rows={6} />;
  if (error !== null && cameras.length === 0) return <ErrorState error={error} onRetry={() => void refetch()} />;
  const side = Math.sqrt(wall.layout);
  return (
    <div className={panelOpen ? "wall" : "wall wall-wide"}>
      <h1 className="visually-hidden">{t("nav.wall")}</h1>
      {panelOpen ? <CameraPanel cameras={cameras} hung={wall.tiles.slice(0, wall.layout)} onCall={assign} /> : null}
      <section className="wall-main" aria-label={t("wall.label")}>
        <div className="wall-bar">
          <ToggleButton className="button" isSelected={panelOpen} onChange={setPanelOpen}>
            {t("wall.cameras")}
          </ToggleButton>
          <ToggleButtonGroup
            className="segmented"
            aria-label={t("wall.layout")}
            selectionMode="single"
            disallowEmptySelection
            selectedKeys={[String(wall.layout)]}
            onSelectionChange={(keys) => {
              const layout = LAYOUTS.find((each) => keys.has(String(each)));
              if (layout !== undefined) dispatch({ type: "layout", layout });
              setEnlarged(false);
            }}
          >
            {LAYOUTS.map((layout: Layout) => (
              <ToggleButton key={layout} id={String(layout)} className="segment" aria-label={t("wall.tiles", { count: layout })}>
                {layout}
              </ToggleButton>
            ))}
          </ToggleButtonGroup>
          <Button className="button" onPress={() => dispatch({ type: "fill", cameraIds: cameras.map((camera) => camera.camera_id) })}>
            {t("wall.fill")}
          </Button>
          <p className="soft wall-hint">{t("wall.hint")}</p>
        </div>
        {cameras.length === 0 ? (
          <EmptyState icon="camera" title={t("wall.noCameras")}>
            <p>{t("wall.noCamerasTodo")}</p>
          </EmptyState>
        ) : (
          <div role="grid" aria-label={t("wall.label")} className={`wall-grid wall-grid-${wall.layout}`} data-enlarged={enlarged}>
            {Array.from({ length: side }, (_, row) => (
              <div role="row" key={row} className="wall-row">
                {Array.from({ length: side }, (__, column) => {
                  const tile = row * side + column;
                  const focused = tile === wall.focused;
                  return (
                    <Tile
                      key={tile}
                      index={tile}
                      camera={byId.get(wall.tiles[tile] ?? "") ?? null}
                      stream={focused && (big || tile === bigTile) ? "main" : "sub"}
                      focused={focused}
                      enlarged={enlarged && focused}
                      hidden={enlarged && !focused}
                      onFocus={() => focusTile(tile)}
                      onClear={() => dispatch({ type: "clear", tile })}
                      onEnlarge={() => setEnlarged((open) => !open)}
                      cellRef={(element) => {
                        cells.current[tile] = element;
                      }}
                    />
                  );
                })}
              </div>
            ))}
          </div>
        )}
        <CallBox call={call} cameras={cameras} />
      </section>
    </div>
  );
}

interface WallKeysOptions {
  readonly wall: Wall;
  readonly dispatch: React.ActionDispatch<[action: Parameters<typeof reduceWall>[1]]>;
  readonly cameras: readonly NumberedCamera[];
  readonly setEnlarged: React.Dispatch<React.SetStateAction<boolean>>;
}

/** Digits and Enter, arrows, Delete, Escape, and `P` for what the focused camera showed a minute ago. */
function useWallKeys({ wall, dispatch, cameras, setEnlarged }: WallKeysOptions) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const [, navigate] = useLocation();
  const { active, may } = useSession();
  const [call, setCall] = useState<Call>(NO_CALL);
  const cells = useRef<(HTMLDivElement | null)[]>([]);

  const focusTile = (tile: number) => {
    if (tile !== wall.focused) dispatch({ type: "focus", tile });
  };
  const move = (by: "left" | "right" | "up" | "down") => {
    const next = reduceWall(wall, { type: "move", by });
    dispatch({ type: "move", by });
    cells.current[next.focused]?.focus();
    return undefined;
  };
  const enter = () => {
    if (!isOpen(call, Date.now())) {
      if (wall.tiles[wall.focused] === null) return false;
      setEnlarged((open) => !open);
      return undefined;
    }
    const wanted = cameras.find((camera) => camera.number === calledNumber(call));
    if (wanted === undefined) announce(t("wall.noSuchCamera", { number: call.digits }));
    else {
      dispatch({ type: "assign", cameraId: wanted.camera_id });
      announce(t("wall.called", { camera: `${wanted.number} ${wanted.name}`, tile: wall.focused + 1 }));
    }
    setCall(NO_CALL);
    return undefined;
  };
  const digit = (event: KeyboardEvent) => {
    setCall((before) => typed(before, event.key, Date.now()));
    return undefined;
  };
  const clear = () => {
    dispatch({ type: "clear" });
    return undefined;
  };
  useHotkeys(
    {
      ...Object.fromEntries(DIGITS.map((key) => [key, digit])),
      Enter: enter,
      Backspace: () => {
        if (!isOpen(call, Date.now())) return false;
        setCall((before) => erased(before, Date.now()));
        return undefined;
      },
      Escape: () => {
        setCall(NO_CALL);
        setEnlarged(false);
        return undefined;
      },
      Delete: clear,
      ArrowLeft: () => move("left"),
      ArrowRight: () => move("right"),
      ArrowUp: () => move("up"),
      ArrowDown: () => move("down"),
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

/** What has been typed so far, and which camera it would call. */
function CallBox({ call, cameras }: { readonly call: Call; readonly cameras: readonly NumberedCamera[] }) {
  const { t } = useTranslation();
  const nowMs = useNowQuarters();
  if (!isOpen(call, nowMs)) return null;
  const wanted = cameras.find((camera) => camera.number === calledNumber(call));
  return (
    <p className="call-box" role="status">
      <kbd>{call.digits}</kbd>
      {wanted === undefined ? t("wall.noSuchCamera", { number: call.digits }) : wanted.name}
      {wanted === undefined ? null : <kbd>{"Enter"}</kbd>}
    </p>
  );
}
