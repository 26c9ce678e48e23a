import { lazy, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon, isSimple, type LatLon, outlineAreas, useColorScheme } from "@hejnal/shared";
import { Field } from "../app/fields.tsx";
import { MapBoundary } from "../app/MapBoundary.tsx";
import { AddressSearch } from "../town/AddressSearch.tsx";
import { townBounds, useTown } from "../town/use-town.ts";
import { coordinatesFrom, MOST_CORNERS } from "./outline.ts";

const AreaPicker = lazy(() => import("@hejnal/shared/map").then(({ AreaPicker: component }) => ({ default: component })));

/** A corner with the address it was found by; empty where it was set on the map or by coordinates. */
interface Corner extends LatLon {
  readonly label: string;
}

interface OutlineFieldProps {
  readonly onDone: (corners: readonly LatLon[]) => void;
  readonly onCancel: () => void;
}

/** Draws an outline corner by corner: on the map by hand or keys, by addresses, or by coordinates. The list says the same as the map. */
export function OutlineField({ onDone, onCancel }: OutlineFieldProps) {
  const { t } = useTranslation();
  const scheme = useColorScheme();
  const { data: town } = useTown();
  const [corners, setCorners] = useState<readonly Corner[]>([]);
  const [written, setWritten] = useState("");
  const [error, setError] = useState("");
  const [fault, setFault] = useState("");
  const areas = useMemo(() => outlineAreas(corners, {}), [corners]);
  const change = (next: readonly Corner[]) => {
    setFault("");
    setCorners(next);
  };
  const add = (place: LatLon, label = "") => {
    if (corners.length >= MOST_CORNERS) setFault(t("outline.most", { max: MOST_CORNERS }));
    else change([...corners, { ...place, label }]);
  };
  const addWritten = () => {
    const place = coordinatesFrom(written);
    setError(place === null ? t("outline.coordinatesWrong") : "");
    if (place === null) return;
    add(place);
    setWritten("");
  };
  const done = () => {
    if (corners.length < 3) setFault(t("outline.fewCorners"));
    else if (!isSimple(corners)) setFault(t("outline.crosses"));
    else onDone(corners.map(({ lat, lon }) => ({ lat, lon })));
  };
  return (
    <div className="outline" role="group" aria-label={t("outline.title")}>
      {town ? (
        <MapBoundary>
          <AreaPicker label={t("outline.map")} help={t("outline.mapHelp")} bounds={townBounds(town)} scheme={scheme} tiles={town.map_url ?? undefined} areas={areas} onPoint={add} onUndo={() => change(corners.slice(0, -1))} />
        </MapBoundary>
      ) : null}
      <AddressSearch label={t("outline.address")} onChoose={({ place, label }) => add(place, label)} />
      <div className="outline-coordinates">
        <Field label={t("outline.coordinates")} hint={t("outline.coordinatesHint")} error={error} value={written} onChange={setWritten} autoComplete="off" />
        <button type="button" className="button" onClick={addWritten}>
          {t("outline.addCorner")}
        </button>
      </div>
      <p role="status">{t("outline.corners", { count: corners.length })}</p>
      <ol className="outline-corners">
        {corners.map((corner, index) => {
          const words = corner.label || `${corner.lat.toFixed(5)}, ${corner.lon.toFixed(5)}`;
          return (
            <li key={`${index} ${corner.lat} ${corner.lon}`}>
              <span>{words}</span>
              <button type="button" className="link-button" onClick={() => change(corners.filter((_, position) => position !== index))}>
                {t("outline.removeCorner", { number: index + 1 })}
              </button>
            </li>
          );
        })}
      </ol>
      {fault ? (
        <p className="field-error" role="alert">
          {fault}
        </p>
      ) : null}
      <div className="actions">
        <button type="button" className="button-primary" onClick={done}>
          <Icon name="check" />
          {t("outline.done")}
        </button>
        <button type="button" className="button" onClick={onCancel}>
          {t("outline.cancel")}
        </button>
      </div>
    </div>
  );
}
