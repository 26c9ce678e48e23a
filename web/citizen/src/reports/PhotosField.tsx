import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@hejnal/shared";
import type { PhotoPlace } from "../api.ts";
import { type DraftPhoto, MAX_PHOTO_MB, MAX_PHOTOS } from "./draft.ts";
import { placeOfPhoto } from "./photo-place.ts";
import { type RefusedPhoto, takePhotos } from "./photos.ts";

interface PhotosFieldProps {
  readonly photos: readonly DraftPhoto[];
  readonly onChange: (photos: readonly DraftPhoto[]) => void;
  /** A photo knows where it was taken; asked of the first that does. */
  readonly onPlace: (found: PhotoPlace) => void;
}

/** Up to six photos with previews; what cannot be taken is named, with the reason. */
export function PhotosField({ photos, onChange, onPlace }: PhotosFieldProps) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<readonly RefusedPhoto[]>([]);

  const add = async (files: readonly File[]) => {
    setBusy(true);
    const result = await takePhotos(files, photos.length);
    setBusy(false);
    setRefused(result.refused);
    if (!result.taken.length) return;
    onChange([...photos, ...result.taken]);
    // From the file itself: what is sent with the report has lost its data already.
    for (const file of files) {
      const found = await placeOfPhoto(file);
      if (found) {
        onPlace(found);
        return;
      }
    }
  };
  const faults = [
    ...(refused.some(({ fault }) => fault === "many") ? [t("report.photoError.many", { max: MAX_PHOTOS })] : []),
    ...refused.flatMap(({ name, fault }) => (fault === "many" ? [] : [t(`report.photoError.${fault}`, { name, limit: MAX_PHOTO_MB })])),
  ];

  return (
    <fieldset className="photos">
      <legend>{t("report.details.photos")}</legend>
      <p className="hint" id="photos-hint">
        {t("report.details.photosHint", { max: MAX_PHOTOS })}
      </p>
      {photos.length ? (
        <ul className="photo-list">
          {photos.map(({ id, blob }, index) => (
            <li key={id}>
              <Preview blob={blob} alt={t("report.details.photo", { number: index + 1 })} />
              <button
                type="button"
                className="photo-remove"
                aria-label={t("report.details.removePhoto", { number: index + 1 })}
                onClick={() => {
                  onChange(photos.filter((photo) => photo.id !== id));
                  input.current?.focus();
                }}
              >
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      {photos.length < MAX_PHOTOS ? (
        <label className="button photo-add">
          <Icon name="photo" />
          {t("report.details.addPhoto")}
          <input
            ref={input}
            type="file"
            accept="image/jpeg,image/png,image/webp,image/heic,image/heif,.heic,.heif"
            multiple
            className="visually-hidden"
            aria-describedby="photos-hint"
            onChange={({ target }) => {
              const files = [...(target.files ?? [])];
              target.value = "";
              void add(files);
            }}
          />
        </label>
      ) : null}
      <p role="status" className="hint">
        {busy ? t("report.details.preparing") : ""}
      </p>
      {faults.length ? (
        <div role="alert">
          {faults.map((fault) => (
            <p key={fault} className="field-error">
              {fault}
            </p>
          ))}
        </div>
      ) : null}
    </fieldset>
  );
}

function Preview({ blob, alt }: { readonly blob: Blob; readonly alt: string }) {
  const image = useRef<HTMLImageElement>(null);
  const [unreadable, setUnreadable] = useState(false);
  useEffect(() => {
    const url = URL.createObjectURL(blob);
    if (image.current) image.current.src = url;
    return () => URL.revokeObjectURL(url);
  }, [blob]);
  return unreadable ? (
    <span className="photo-blank" role="img" aria-label={alt}>
      <Icon name="photo" size="2rem" />
    </span>
  ) : (
    <img ref={image} alt={alt} onError={() => setUnreadable(true)} />
  );
}
