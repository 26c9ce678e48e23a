import { useTranslation } from "react-i18next";
import { ConsoleDialog } from "../ui/ConsoleDialog.tsx";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { ReasonForm } from "./ReasonForm.tsx";
import { useReasons } from "./use-reasons.ts";

interface ReasonDialogProps {
  /** The camera somebody wants to see; null: nobody is asked. */
  readonly camera: NumberedCamera | null;
  /** What else hangs on the screen. */
  readonly beside: readonly NumberedCamera[];
  readonly onClose: () => void;
}

/** Asks why a restricted camera is looked at, and remembers the answer for as long as the session. */
export function ReasonDialog({ camera, beside, onClose }: ReasonDialogProps) {
  const { t } = useTranslation();
  const { lacks, give } = useReasons();
  const others = beside.filter((other) => other.camera_id !== camera?.camera_id && lacks(other));
  return (
    <ConsoleDialog title={t("reason.title")} isOpen={camera !== null} onClose={onClose}>
      {camera === null ? null : (
        <ReasonForm
          cameras={[`${camera.number} ${camera.name}`]}
          others={others.length}
          onReason={(reason, forOthers) => {
            give([camera, ...(forOthers ? others : [])].map((each) => each.camera_id), reason);
            onClose();
          }}
        />
      )}
    </ConsoleDialog>
  );
}
