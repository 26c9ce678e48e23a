import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@hejnal/shared";
import { Field } from "../app/fields.tsx";
import type { Place } from "../api.ts";
import { AddressSearch } from "../town/AddressSearch.tsx";
import { distanceWords } from "../town/distance.ts";
import { currentPosition, PositionError, type PositionFailure } from "../town/position.ts";
import { outlinePlace } from "./outline.ts";
import { OutlineField } from "./OutlineField.tsx";
import { MOST_PLACES } from "./wish.ts";

interface PlacesFieldProps {
  readonly places: readonly Place[];
  readonly onChange: (places: readonly Place[]) => void;
}

const RADII_M = [300, 500, 1000, 2000, 5000];
const FIRST_RADIUS_M = 500;
const LONGEST_LABEL = 60;

/** The whole town, or around the places that matter: home, school, the parents' street. */
export function PlacesField({ places, onChange }: PlacesFieldProps) {
  const { t } = useTranslation();
  const [narrow, setNarrow] = useState(places.length > 0);
  const [adding, setAdding] = useState(false);
  const [drawing, setDrawing] = useState(false);
  const [locating, setLocating] = useState(false);
  const [failure, setFailure] = useState<PositionFailure | null>(null);

  const add = (center: { lat: number; lon: number }, label: string) => {
    onChange([...places, { area: { kind: "circle", center, radius_m: FIRST_RADIUS_M }, label: label.slice(0, LONGEST_LABEL) }]);
    setAdding(false);
    setFailure(null);
  };
  const change = (index: number, place: Place) => onChange(places.map((other, position) => (position === index ? place : other)));
  const locate = async () => {
    setLocating(true);
    setFailure(null);
    try {
      add(await currentPosition(), t("notices.placeHere"));
    } catch (cause) {
      setFailure(cause instanceof PositionError ? cause.reason : "failed");
    } finally {
      setLocating(false);
    }
  };

  return (
    <fieldset className="plain-fieldset">
      <legend>{t("notices.area")}</legend>
      <label className="radio">
        <input
          type="radio"
          name="area"
          checked={!narrow}
          onChange={() => {
            setNarrow(false);
            onChange([]);
          }}
        />
        <span>{t("notices.areaTown")}</span>
      </label>
      <label className="radio">
        <input type="radio" name="area" checked={narrow} onChange={() => setNarrow(true)} />
        <span>
          {t("notices.areaPlaces")}
          <small>{t("notices.areaPlacesHelp")}</small>
        </span>
      </label>
      {narrow ? (
        <div className="indented">
          {places.length ? (
            <ul className="places">
              {places.map((place, index) => (
                <PlaceRow
                  key={JSON.stringify(place.area.kind === "circle" ? place.area.center : place.area)}
                  place={place}
                  onChange={(next) => change(index, next)}
                  onRemove={() => onChange(places.filter((_, position) => position !== index))}
                />
              ))}
            </ul>
          ) : (
            <p className="hint">{t("notices.placesNone")}</p>
          )}
          {places.length >= MOST_PLACES ? <p className="hint">{t("notices.placesMost", { max: MOST_PLACES })}</p> : null}
          {places.length < MOST_PLACES && drawing ? (
            <OutlineField
              onDone={(corners) => {
                onChange([...places, outlinePlace(corners, t("outline.label"))]);
                setDrawing(false);
                setAdding(false);
              }}
              onCancel={() => setDrawing(false)}
            />
          ) : null}
          {places.length < MOST_PLACES && !drawing && (adding || !places.length) ? (
            <div className="place-add">
              <AddressSearch label={t("notices.areaAddress")} onChoose={({ place, label }) => add(place, label)} />
              <button type="button" className="button" onClick={() => void locate()} disabled={locating}>
                <Icon name="locate" />
                {locating ? t("home.locating") : t("notices.placeHereAdd")}
              </button>
              <button type="button" className="button" onClick={() => setDrawing(true)}>
                <Icon name="map" />
                {t("outline.draw")}
              </button>
              {failure ? (
                <p className="field-error" role="alert">
                  {failure === "denied" ? t("home.locateDenied") : t("home.locateFailed")}
                </p>
              ) : null}
            </div>
          ) : null}
          {places.length && places.length < MOST_PLACES && !adding && !drawing ? (
            <button type="button" className="button place-more" onClick={() => setAdding(true)}>
              <Icon name="pin" />
              {t("notices.placeAdd")}
            </button>
          ) : null}
        </div>
      ) : null}
    </fieldset>
  );
}

interface PlaceRowProps {
  readonly place: Place;
  readonly onChange: (place: Place) => void;
  readonly onRemove: () => void;
}

function PlaceRow({ place, onChange, onRemove }: PlaceRowProps) {
  const { t } = useTranslation();
  const { area } = place;
  const circle = area.kind === "circle" ? area : null;
  const radii = circle && !RADII_M.includes(circle.radius_m) ? [...RADII_M, circle.radius_m].sort((a, b) => a - b) : RADII_M;
  const name = place.label || t("notices.areaPoint");
  return (
    <li className="place-row">
      <Field
        label={t("notices.placeName")}
        value={place.label}
        onChange={(label) => onChange({ ...place, label })}
        maxLength={LONGEST_LABEL}
        autoComplete="off"
      />
      {circle ? (
        <label className="select-field">
          <span>{t("notices.areaRadius")}</span>
          <select value={circle.radius_m} onChange={({ target }) => onChange({ ...place, area: { ...circle, radius_m: Number(target.value) } })}>
            {radii.map((radius) => (
              <option key={radius} value={radius}>
                {distanceWords(t, radius)}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      {area.kind === "polygon" ? <p className="hint">{t("outline.kept", { count: area.ring.length - 1 })}</p> : null}
      <button type="button" className="link-button" onClick={onRemove}>
        {t("notices.placeRemove", { name })}
      </button>
    </li>
  );
}
