import { useTranslation } from "react-i18next";
import type { Town } from "../api/town.ts";
import { AddressSearch } from "../ui/AddressSearch.tsx";
import { Check, Field, NumberField } from "../ui/Field.tsx";
import { type Cone, FIRST_CONE, type Place } from "./camera-form.ts";
import { PlaceMap } from "./PlaceMap.tsx";

/** Where a camera stands or would stand, and what it sees from there. */
export interface Located {
  readonly place: Place | null;
  readonly cone: Cone | null;
  /** Kept beside the place where there is a field for it. */
  readonly address?: string;
}

interface PlaceFieldProps {
  readonly town: Town;
  readonly form: Located;
  readonly wrong: readonly string[];
  readonly onChange: (part: Partial<Located>) => void;
}

/** Place and view cone: by map, by address, by numbers; all three say the same. */
export function PlaceField({ town, form, wrong, onChange }: PlaceFieldProps) {
  const { t } = useTranslation();
  const { place, cone } = form;
  const setCone = (part: Partial<Cone>) => onChange({ cone: { ...(cone ?? FIRST_CONE), ...part } });
  const setPlace = (part: { lat?: number; lon?: number }) => {
    const next = { lat: Number.NaN, lon: Number.NaN, ...place, ...part };
    onChange({ place: Number.isNaN(next.lat) && Number.isNaN(next.lon) ? null : next });
  };
  const drawn = place !== null && Math.abs(place.lat) <= 90 && Math.abs(place.lon) <= 180 ? place : null;
  return (
    <>
      <fieldset className={wrong.includes("place") ? "fieldset choice-invalid" : "fieldset"}>
        <legend>{t("registry.place")}</legend>
        <AddressSearch
          label={t("registry.findAddress")}
          onFound={(hit) => onChange(form.address === undefined ? { place: hit.place } : { place: hit.place, address: hit.label })}
        />
        <PlaceMap town={town} place={drawn} cone={cone} onPlace={(next) => onChange({ place: next })} onCone={(next) => onChange({ cone: next })} />
        <div className="field-row">
          <NumberField label={t("registry.lat")} value={place?.lat ?? Number.NaN} min={-90} max={90} step="any" isInvalid={wrong.includes("place")} onChange={(lat) => setPlace({ lat })} />
          <NumberField label={t("registry.lon")} value={place?.lon ?? Number.NaN} min={-180} max={180} step="any" isInvalid={wrong.includes("place")} onChange={(lon) => setPlace({ lon })} />
        </div>
        {form.address === undefined ? null : <Field label={t("registry.address")} value={form.address} maxLength={200} onChange={(address) => onChange({ address })} />}
      </fieldset>
      <fieldset className={wrong.includes("cone") ? "fieldset choice-invalid" : "fieldset"}>
        <legend>{t("registry.cone")}</legend>
        <Check checked={cone !== null} label={t("registry.coneKnown")} help={t("registry.coneHelp")} onChange={(known) => onChange({ cone: known ? FIRST_CONE : null })} />
        {cone === null ? null : (
          <div className="field-row">
            <NumberField label={t("registry.azimuth")} value={cone.azimuthDeg} min={0} max={359} isInvalid={wrong.includes("cone")} onChange={(azimuthDeg) => setCone({ azimuthDeg })} />
            <NumberField label={t("registry.angle")} value={cone.angleDeg} min={1} max={360} isInvalid={wrong.includes("cone")} onChange={(angleDeg) => setCone({ angleDeg })} />
            <NumberField label={t("registry.range")} value={cone.rangeM} min={1} max={5000} isInvalid={wrong.includes("cone")} onChange={(rangeM) => setCone({ rangeM })} />
          </div>
        )}
      </fieldset>
    </>
  );
}
