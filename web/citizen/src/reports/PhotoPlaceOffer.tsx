import { useTranslation } from "react-i18next";
import { Icon, type LatLon } from "@hejnal/shared";
import type { PhotoPlace } from "../api.ts";
import { distanceM } from "../town/distance.ts";

interface PhotoPlaceOfferProps {
  readonly offer: PhotoPlace | null;
  /** The pin as it stands. */
  readonly place: LatLon | null;
  readonly onTake: (place: LatLon, label: string) => void;
  readonly onLeave: () => void;
}

/** Nearer than this the photo and the pin mean the same place. */
const SAME_PLACE_M = 30;

/** Where a photo was taken, offered as the pin; nothing moves by itself. */
export function PhotoPlaceOffer({ offer, place, onTake, onLeave }: PhotoPlaceOfferProps) {
  const { t } = useTranslation();
  const found = offer?.place;
  const shown = found && !(place && distanceM(place, found) < SAME_PLACE_M);
  return (
    <div role="status">
      {shown ? (
        <div className="notice-box">
          <p>
            <Icon name="pin" /> {offer.address ? t("report.photoPlace.at", { address: offer.address }) : t("report.photoPlace.somewhere")}
          </p>
          <div className="actions">
            <button type="button" className="button" onClick={() => onTake(found, offer.address)}>
              {t("report.photoPlace.take")}
            </button>
            <button type="button" className="button" onClick={onLeave}>
              {t("report.photoPlace.leave")}
            </button>
          </div>
        </div>
      ) : null}
    </div>
  );
}
