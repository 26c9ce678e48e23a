import { useTranslation } from "react-i18next";
import type { RegisteredCamera } from "../api/registry.ts";
import type { Mask } from "../masks/mask-geometry.ts";
import { MaskEditor } from "../masks/MaskEditor.tsx";

type PrivacyMasks = RegisteredCamera["privacy_masks"];

/** As many as the registry takes of one camera. */
const MOST = 32;

interface MasksFieldProps {
  readonly cameraId: string;
  readonly name: string;
  readonly masks: PrivacyMasks;
  readonly onChange: (masks: PrivacyMasks) => void;
}

/** What of a camera's picture nobody sees: windows, a garden, a school's door. */
export function MasksField({ cameraId, name, masks, onChange }: MasksFieldProps) {
  const { t } = useTranslation();
  // A mask that was not touched keeps its array, and by it its name.
  const change = (next: readonly Mask[]) =>
    onChange(next.map((points) => ({ name: masks.find((mask) => mask.points === points)?.name ?? "", points: points as PrivacyMasks[number]["points"] })));
  return (
    <fieldset className="fieldset">
      <legend>{t("registry.masks")}</legend>
      <p className="field-help">{t("registry.masksHelp")}</p>
      <MaskEditor picture={`/api/v1/cameras/${encodeURIComponent(cameraId)}/thumbnail`} name={name} masks={masks.map((mask) => mask.points)} shape="polygon" most={MOST} onChange={change} />
    </fieldset>
  );
}
