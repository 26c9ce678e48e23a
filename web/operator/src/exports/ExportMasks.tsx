import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import type { Mask } from "../masks/mask-geometry.ts";
import { MaskDialog } from "./MaskDialog.tsx";

export type MasksOf = ReadonlyMap<string, readonly Mask[]>;

interface ExportMasksProps {
  readonly cameras: readonly NumberedCamera[];
  readonly atMs: number;
  readonly masks: MasksOf;
  readonly originals: boolean;
  readonly onChange: (masks: MasksOf) => void;
  readonly onOriginals: (originals: boolean) => void;
}

/** Covers for each chosen camera, and whether the uncovered footage goes along. */
export function ExportMasks({ cameras, atMs, masks, originals, onChange, onOriginals }: ExportMasksProps) {
  const { t } = useTranslation();
  const [drawing, setDrawing] = useState<NumberedCamera | null>(null);
  const some = cameras.some((camera) => (masks.get(camera.camera_id) ?? []).length > 0);
  return (
    <fieldset className="fieldset">
      <legend>{t("exports.masks")}</legend>
      <p className="field-help">{t("exports.masksHelp")}</p>
      <ul className="export-masks">
        {cameras.map((camera) => (
          <li key={camera.camera_id}>
            <span>{`${camera.number} ${camera.name}`}</span>
            <Button className="button" onPress={() => setDrawing(camera)}>
              {t("exports.drawMasks", { count: (masks.get(camera.camera_id) ?? []).length })}
            </Button>
          </li>
        ))}
      </ul>
      {some ? (
        <label className="export-camera">
          <input type="checkbox" checked={originals} onChange={(event) => onOriginals(event.target.checked)} />
          {t("exports.withOriginals")}
        </label>
      ) : null}
      {some && !originals ? <p className="attention">{t("exports.onlyMasked")}</p> : null}
      {drawing === null ? null : (
        <MaskDialog
          camera={drawing}
          atMs={atMs}
          masks={masks.get(drawing.camera_id) ?? []}
          onChange={(drawn) => onChange(new Map(masks).set(drawing.camera_id, drawn))}
          onClose={() => setDrawing(null)}
        />
      )}
    </fieldset>
  );
}
