import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon, Skeleton } from "@hejnal/shared";
import { distanceWords } from "../town/distance.ts";
import { currentPosition, PositionError, type PositionFailure } from "../town/position.ts";
import type { ChosenPlace } from "../town/use-place.ts";
import { NEAR_M } from "./use-announcements.ts";

const AddressSearch = lazy(() => import("../town/AddressSearch.tsx").then(({ AddressSearch: component }) => ({ default: component })));

interface PlaceBarProps {
  readonly place: ChosenPlace | null;
  readonly onChange: (place: ChosenPlace | null) => void;
}

/** The whole town, or around a place: the device's position, or an address where there is none. */
export function PlaceBar({ place, onChange }: PlaceBarProps) {
  const { t } = useTranslation();
  const [locating, setLocating] = useState(false);
  const [failure, setFailure] = useState<PositionFailure | null>(null);
  const [typing, setTyping] = useState(false);

  const locate = async () => {
    setLocating(true);
    setFailure(null);
    try {
      onChange({ ...(await currentPosition()), label: "" });
      setTyping(false);
    } catch (cause) {
      setFailure(cause instanceof PositionError ? cause.reason : "failed");
      setTyping(true);
    } finally {
      setLocating(false);
    }
  };

  return (
    <div className="place-bar">
      <div className="segments" role="group" aria-label={t("home.where")}>
        <button
          type="button"
          aria-pressed={!place}
          onClick={() => {
            setTyping(false);
            setFailure(null);
            onChange(null);
          }}
        >
          {t("home.wholeTown")}
        </button>
        <button type="button" aria-pressed={Boolean(place)} onClick={() => void locate()} disabled={locating}>
          <Icon name="locate" />
          {t("home.nearMe")}
        </button>
      </div>
      <p role="status" className="place-status">
        {locating ? t("home.locating") : null}
        {failure === "denied" ? t("home.locateDenied") : null}
        {failure === "failed" ? t("home.locateFailed") : null}
        {place && !locating && !failure ? (
          <>
            {t("home.nearPlace", { distance: distanceWords(t, NEAR_M), place: place.label || t("home.myPlace") })}{" "}
            <button type="button" className="link-button" onClick={() => setTyping(true)}>
              {t("home.changePlace")}
            </button>
          </>
        ) : null}
      </p>
      {typing ? (
        <Suspense fallback={<Skeleton rows={1} />}>
          <AddressSearch
            onChoose={({ place: { lat, lon }, label }) => {
              onChange({ lat, lon, label });
              setTyping(false);
              setFailure(null);
            }}
          />
        </Suspense>
      ) : null}
    </div>
  );
}
