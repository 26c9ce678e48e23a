import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { snapshotUrl } from "../api/archive.ts";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { type Mask } from "../masks/mask-geometry.ts";
import { MaskEditor } from "../masks/MaskEditor.tsx";
import { ReasonGate } from "../reasons/ReasonGate.tsx";
import { useReasons } from "../reasons/use-reasons.ts";
import { ConsoleDialog } from "../ui/ConsoleDialog.tsx";

/** As many as the recorder covers in one package. */
const MOST_MASKS = 10;

interface MaskDialogProps {
  readonly camera: NumberedCamera;
  /** The moment whose picture is drawn on. */
  readonly atMs: number;
  readonly masks: readonly Mask[];
  readonly onChange: (masks: readonly Mask[]) => void;
  readonly onClose: () => void;
}

/** What of one camera's footage is covered in the copy that is given away. */
export function MaskDialog({ camera, atMs, masks, onChange, onClose }: MaskDialogProps) {
  const { t } = useTranslation();
  const { reasonFor } = useReasons();
  const [drawn, setDrawn] = useState(masks);
  const title = `${camera.number} ${camera.name}`;
  return (
    <ConsoleDialog title={t("exports.masksOf", { camera: title })} isOpen onClose={onClose} width="wide">
      <ReasonGate cameras={[camera]}>
        <MaskEditor picture={snapshotUrl(camera.camera_id, atMs, reasonFor(camera.camera_id))} name={title} masks={drawn} shape="rectangle" most={MOST_MASKS} onChange={setDrawn} />
        <Button
          className="button button-primary"
          onPress={() => {
            onChange(drawn);
            onClose();
          }}
        >
          {t("views.keep")}
        </Button>
      </ReasonGate>
    </ConsoleDialog>
  );
}
