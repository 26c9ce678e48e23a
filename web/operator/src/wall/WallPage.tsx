import { EmptyState, ErrorState, Skeleton } from "@hejnal/shared";
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearch } from "wouter";
import type { WallView } from "../api/views.ts";
import { type NumberedCamera, useCameras } from "../cameras/use-cameras.ts";
import { WallBudget } from "../live/WallBudget.tsx";
import { PtzPad } from "../ptz/PtzPad.tsx";
import { ReasonDialog } from "../reasons/ReasonDialog.tsx";
import { useSession } from "../session/session.tsx";
import { useAnnounce } from "../shell/Announcer.tsx";
import { CallBox } from "./CallBox.tsx";
import { CameraPanel } from "./CameraPanel.tsx";
import type { Dragged } from "./drag.ts";
import { Tile } from "./Tile.tsx";
import { usePixelWidth } from "./tile-stream.ts";
import { stopOfView, stopsOf, type Tour } from "./tour.ts";
import { useFullScreen } from "./use-full-screen.ts";
import { useTour } from "./use-tour.ts";
import { useViews } from "./use-views.ts";
import { useWallKeys } from "./use-wall-keys.ts";
import { columnsOf, loadWall, reduceWall, saveWall, type Wall, windowOf } from "./wall-state.ts";
import { WallBar } from "./WallBar.tsx";
import "./wall.css";
import "./wall-many.css";
import "./wall-tools.css";

const MANY = 25;

/** The wall: up to forty live pictures, filled from the list, by number and Enter, from a saved view, or by a tour. */
export function WallPage() {
  const { cameras, byId, isPending, error, refetch } = useCameras();
  const windowNumber = windowOf(useSearch());
  if (isPending) return <Skeleton rows={6} />;
  if (error !== null && cameras.length === 0) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <WallBudget key={windowNumber}>
      <WallRoom windowNumber={windowNumber} cameras={cameras} byId={byId} />
    </WallBudget>
  );
}

interface WallRoomProps {
  readonly windowNumber: number;
  readonly cameras: readonly NumberedCamera[];
  readonly byId: ReadonlyMap<string, NumberedCamera>;
}

function WallRoom({ windowNumber, cameras, byId }: WallRoomProps) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const { may } = useSession();
  const { views } = useViews();
  const { full, toggle: toggleFullScreen } = useFullScreen();
  const [wall, dispatch] = useReducer(reduceWall, windowNumber, (number) => loadWall(localStorage, number));
  const [enlarged, setEnlarged] = useState(false);
  const [panelOpen, setPanelOpen] = useState(windowNumber === 1);
  const [audibleId, setAudible] = useState<string | null>(null);
  const [steeredId, setSteered] = useState<string | null>(null);
  const [asked, setAsked] = useState<NumberedCamera | null>(null);
  const [tour, setTour] = useState<Tour | null>(null);
  const beforeTour = useRef<Wall | null>(null);
  const grid = useRef<HTMLDivElement>(null);
  const cameraIds = useMemo(() => cameras.map((camera) => camera.camera_id), [cameras]);
  // A tour passes by: what was put together by hand is what is kept.
  useEffect(() => {
    if (tour === null) saveWall(localStorage, wall, windowNumber);
  }, [wall, windowNumber, tour]);

  const hang = useCallback((stop: ReturnType<typeof stopOfView>) => dispatch({ type: "hang", ...stop }), []);
  const callView = useCallback(
    (view: WallView) => {
      setTour(null);
      setEnlarged(false);
      hang(stopOfView(view));
      announce(t("views.called", { view: view.name }));
    },
    [announce, hang, t],
  );
  useViewOfAddress(views, callView);
  const stops = stopsOf(tour?.source ?? "cameras", wall.layout, cameraIds, views);
  const tourPaused = enlarged || steeredId !== null || asked !== null;
  const tourAt = useTour({ tour, stops, paused: tourPaused, onStop: hang });
  const changeTour = (next: Tour | null) => {
    if (next !== null && tour === null) beforeTour.current = wall;
    if (next === null && beforeTour.current !== null) hang(beforeTour.current);
    if (next === null) beforeTour.current = null;
    setTour(next);
  };

  const focusedId = wall.tiles[wall.focused] ?? null;
  const focusedCamera = byId.get(focusedId ?? "");
  const canSteer = (camera: NumberedCamera | undefined) => camera?.onvif != null && may("watchLive");
  const toggleSound = (cameraId: string | null) => setAudible((before) => (before === cameraId ? null : cameraId));
  const toggleSteer = (camera: NumberedCamera | undefined) => setSteered((before) => (camera === undefined || before === camera.camera_id || !canSteer(camera) ? null : camera.camera_id));
  const { call, focusTile, cells } = useWallKeys({
    wall,
    dispatch,
    cameras,
    views,
    steering: steeredId !== null,
    onEnlarge: setEnlarged,
    onView: callView,
    onTour: () => changeTour(tour === null ? { source: "cameras", dwellS: 10 } : null),
    onFullScreen: toggleFullScreen,
    onSound: () => toggleSound(focusedId),
    onSteer: () => toggleSteer(focusedCamera),
  });

  const pixels = usePixelWidth(grid, cameras.length > 0);
  const columns = columnsOf(wall.layout);
  const hungIds = wall.tiles.slice(0, wall.layout);
  const hung = hungIds.flatMap((id) => byId.get(id ?? "") ?? []);
  const drop = (tile: number) => (dragged: Dragged) => {
    if ("cameraId" in dragged) dispatch({ type: "assign", cameraId: dragged.cameraId, tile });
    else dispatch({ type: "swap", from: dragged.tile, to: tile });
  };
  return (
    <div className={panelOpen && !full ? "wall" : "wall wall-wide"}>
      <h1 className="visually-hidden">{t("nav.wall")}</h1>
      {panelOpen && !full ? <CameraPanel cameras={cameras} hung={hungIds} onCall={(cameraId) => dispatch({ type: "assign", cameraId })} /> : null}
      <section className={full ? "wall-main wall-full" : "wall-main"} aria-label={t("wall.label")}>
        {full ? null : (
          <WallBar
            wall={wall}
            windowNumber={windowNumber}
            panelOpen={panelOpen}
            tour={tour}
            tourAt={tourAt}
            tourStops={stops.length}
            tourPaused={tourPaused}
            views={views.length}
            onPanel={setPanelOpen}
            onLayout={(layout) => {
              dispatch({ type: "layout", layout });
              setEnlarged(false);
            }}
            onFill={() => dispatch({ type: "fill", cameraIds })}
            onView={callView}
            onTour={changeTour}
            onFullScreen={toggleFullScreen}
          />
        )}
        {cameras.length === 0 ? (
          <EmptyState icon="camera" title={t("wall.noCameras")}>
            <p>{t("wall.noCamerasTodo")}</p>
          </EmptyState>
        ) : (
          <div ref={grid} role="grid" aria-label={t("wall.label")} className={`wall-grid wall-grid-${wall.layout}`} data-enlarged={enlarged} data-many={wall.layout >= MANY && !enlarged}>
            {Array.from({ length: wall.layout / columns }, (_, row) => (
              <div role="row" key={row} className="wall-row">
                {Array.from({ length: columns }, (__, column) => {
                  const tile = row * columns + column;
                  const focused = tile === wall.focused;
                  const camera = byId.get(wall.tiles[tile] ?? "") ?? null;
                  const id = camera?.camera_id ?? null;
                  return (
                    <Tile
                      key={tile}
                      index={tile}
                      camera={camera}
                      pixels={enlarged ? pixels : pixels / columns}
                      focused={focused}
                      enlarged={enlarged && focused}
                      hidden={enlarged && !focused}
                      audible={id !== null && id === audibleId}
                      steer={camera !== null && canSteer(camera) ? { on: id === steeredId, toggle: () => toggleSteer(camera) } : null}
                      onFocus={() => focusTile(tile)}
                      onClear={() => dispatch({ type: "clear", tile })}
                      onEnlarge={() => setEnlarged((open) => !open)}
                      onSound={() => toggleSound(id)}
                      onAskReason={setAsked}
                      onDrop={drop(tile)}
                      cellRef={(element) => {
                        cells.current[tile] = element;
                      }}
                    >
                      {camera !== null && id === steeredId && focused ? <PtzPad camera={camera} onEnd={() => setSteered(null)} /> : null}
                    </Tile>
                  );
                })}
              </div>
            ))}
          </div>
        )}
        <CallBox call={call} cameras={cameras} views={views} />
      </section>
      <ReasonDialog camera={asked} beside={hung} onClose={() => setAsked(null)} />
    </div>
  );
}

/** `?view=` in the address calls a saved view up, once it is known. */
function useViewOfAddress(views: readonly WallView[], onView: (view: WallView) => void) {
  const wanted = new URLSearchParams(useSearch()).get("view");
  const called = useRef<string | null>(null);
  useEffect(() => {
    const view = views.find((each) => each.view_id === wanted);
    if (view === undefined || called.current === wanted) return;
    called.current = wanted;
    onView(view);
  }, [views, wanted, onView]);
}
