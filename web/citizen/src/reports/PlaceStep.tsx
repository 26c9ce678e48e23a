import { lazy, useState, type ChangeEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { answer, Icon, type LatLon, useColorScheme } from "@hejnal/shared";
import { MapBoundary } from "../app/MapBoundary.tsx";
import { api, type NearestAddress, type Town } from "../api.ts";
import { AddressSearch } from "../town/AddressSearch.tsx";
import { currentPosition, PositionError, type PositionFailure } from "../town/position.ts";
import { townBounds } from "../town/use-town.ts";
import type { DraftPhoto } from "./draft.ts";
import { placeOfPhoto } from "./photo-place.ts";
import { takePhotos } from "./photos.ts";

const PinPicker = lazy(() => import("@hejnal/shared/map").then(({ PinPicker: component }) => ({ default: component })));

interface PlaceStepProps {
  readonly town: Town;
  readonly place: LatLon | null;
  readonly onChoose: (place: LatLon, label: string) => void;
  readonly photos: readonly DraftPhoto[];
  readonly onPhotos: (photos: readonly DraftPhoto[]) => void;
  readonly onBack: () => void;
  readonly onNext: () => void;
}

/** Nearer than this to an address point means "at" it. */
const AT_ADDRESS_M = 25;

/** Where it is: by address, by the device's position, by tapping the map, or by arrow keys on it. */
export function PlaceStep({ town, place, onChoose, photos, onPhotos, onBack, onNext }: PlaceStepProps) {
  const { t } = useTranslation();
  const scheme = useColorScheme();
  const [failure, setFailure] = useState<PositionFailure | null>(null);
  const [locating, setLocating] = useState(false);
  const [missing, setMissing] = useState(false);
  const [photo, setPhoto] = useState<"reading" | "none" | null>(null);
  const nearest = useQuery({
    queryKey: ["nearest", place?.lat, place?.lon],
    queryFn: () => answer(api.GET("/api/v1/addresses/nearest", { params: { query: { lat: place?.lat ?? 0, lon: place?.lon ?? 0 } } })),
    enabled: place !== null,
    staleTime: 600_000,
  });
  const words = (found: NearestAddress): string =>
    found.address
      ? t("report.place.near", { address: found.address.label, distance: (found.distance_m ?? 0) < AT_ADDRESS_M ? 0 : 1 })
      : t("report.place.unknown");
  const outside = nearest.data ? !nearest.data.inside_town : false;
  const description = !place
    ? ""
    : nearest.data
      ? outside
        ? t("report.place.outside", { town: town.name })
        : words(nearest.data)
      : nearest.isFetching
        ? t("report.place.checking")
        : t("report.place.unknown");

  const locate = async () => {
    setLocating(true);
    setFailure(null);
    try {
      onChoose(await currentPosition(), "");
      setMissing(false);
    } catch (cause) {
      setFailure(cause instanceof PositionError ? cause.reason : "failed");
    } finally {
      setLocating(false);
    }
  };
  const fromPhoto = async ({ target }: ChangeEvent<HTMLInputElement>) => {
    const files = [...(target.files ?? [])];
    target.value = "";
    const [file] = files;
    if (!file) return;
    setPhoto("reading");
    const [found, { taken }] = await Promise.all([placeOfPhoto(file), takePhotos([file], photos.length)]);
    if (taken.length) onPhotos([...photos, ...taken]); // it belongs to the report anyway
    setPhoto(found ? null : "none");
    if (!found?.place) return;
    setMissing(false);
    onChoose(found.place, found.address);
  };
  const next = () => {
    if (!place) setMissing(true);
    else if (!outside) {
      onChoose(place, nearest.data ? words(nearest.data) : "");
      onNext();
    }
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        next();
      }}
    >
      <AddressSearch
        onChoose={({ place: found, label }) => {
          setMissing(false);
          onChoose(found, label);
        }}
      />
      <div className="actions">
        <button type="button" className="button" onClick={() => void locate()} disabled={locating}>
          <Icon name="locate" />
          {locating ? t("home.locating") : t("report.place.gps")}
        </button>
        <label className="button photo-add">
          <Icon name="photo" />
          {t("report.photoPlace.from")}
          <input
            type="file"
            accept="image/jpeg,image/png,image/webp,image/heic,image/heif,.heic,.heif"
            className="visually-hidden"
            onChange={(event) => void fromPhoto(event)}
          />
        </label>
      </div>
      <p role="status" className="hint">
        {photo === "reading" ? t("report.photoPlace.reading") : photo === "none" ? t("report.photoPlace.none") : ""}
      </p>
      {failure ? (
        <p className="field-error" role="alert">
          {failure === "denied" ? t("home.locateDenied") : t("home.locateFailed")}
        </p>
      ) : null}
      {place ? (
        <p className={outside ? "chosen-place chosen-outside" : "chosen-place"} role={outside ? "alert" : undefined}>
          <Icon name={outside ? "warning" : "pin"} />
          <span>
            {outside ? null : <strong>{t("report.place.chosen")}: </strong>}
            {description}
          </span>
        </p>
      ) : null}
      <h2 className="step-heading">{t("report.place.map")}</h2>
      <MapBoundary>
        <PinPicker
          label={t("report.place.mapLabel")}
          bounds={townBounds(town)}
          scheme={scheme}
          tiles={town.map_url ?? undefined}
          value={place}
          onChange={(chosen) => {
            setMissing(false);
            onChoose(chosen, "");
          }}
          description={description}
        />
      </MapBoundary>
      {missing ? (
        <p className="field-error" role="alert">
          {t("report.place.missing")}
        </p>
      ) : null}
      <div className="actions flow-actions">
        <button type="submit" className="button-primary" disabled={outside}>
          {t("report.next")}
        </button>
        <button type="button" className="button" onClick={onBack}>
          {t("report.back")}
        </button>
      </div>
    </form>
  );
}
