import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Area } from "../api.ts";
import { AddressSearch } from "../town/AddressSearch.tsx";
import { distanceWords } from "../town/distance.ts";
import type { Wish } from "./wish.ts";

interface AreaFieldProps {
  readonly wish: Wish;
  readonly onChange: (wish: Wish) => void;
}

const RADII_M = [300, 500, 1000, 2000, 5000];
const FIRST_RADIUS_M = 1000;

/** The whole town, or a circle around one's own address. */
export function AreaField({ wish, onChange }: AreaFieldProps) {
  const { t } = useTranslation();
  const { area } = wish;
  const circle = area?.kind === "circle" ? area : null;
  const [narrow, setNarrow] = useState(area !== null);
  const [searching, setSearching] = useState(false);
  const set = (next: Area | null, areaLabel: string) => onChange({ ...wish, area: next, areaLabel });
  const radii = circle && !RADII_M.includes(circle.radius_m) ? [...RADII_M, circle.radius_m].sort((a, b) => a - b) : RADII_M;

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
            set(null, "");
          }}
        />
        <span>{t("notices.areaTown")}</span>
      </label>
      <label className="radio">
        <input type="radio" name="area" checked={narrow} onChange={() => setNarrow(true)} />
        <span>{t("notices.areaPlace")}</span>
      </label>
      {narrow && area && !searching ? (
        <div className="indented">
          <p>
            <strong>{wish.areaLabel || t("notices.areaPoint")}</strong>{" "}
            <button type="button" className="link-button" onClick={() => setSearching(true)}>
              {t("home.changePlace")}
            </button>
          </p>
          {circle ? (
            <label className="select-field">
              <span>{t("notices.areaRadius")}</span>
              <select value={circle.radius_m} onChange={({ target }) => set({ ...circle, radius_m: Number(target.value) }, wish.areaLabel)}>
                {radii.map((radius) => (
                  <option key={radius} value={radius}>
                    {distanceWords(t, radius)}
                  </option>
                ))}
              </select>
            </label>
          ) : null}
        </div>
      ) : null}
      {narrow && (!area || searching) ? (
        <div className="indented">
          <AddressSearch
            label={t("notices.areaAddress")}
            onChoose={({ place, label }) => {
              set({ kind: "circle", center: place, radius_m: circle?.radius_m ?? FIRST_RADIUS_M }, label.slice(0, 60));
              setSearching(false);
            }}
          />
        </div>
      ) : null}
    </fieldset>
  );
}
