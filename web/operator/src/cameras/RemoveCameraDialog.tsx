import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { CAMERAS_KEY } from "../api/cameras.ts";
import { removeCamera } from "../api/registry.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { ConsoleDialog } from "../ui/ConsoleDialog.tsx";
import { Field } from "../ui/Field.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import type { NumberedCamera } from "./use-cameras.ts";

/** Takes a camera out of the registry, after its id was typed: nobody does that by a slip. */
export function RemoveCameraDialog({ camera, onClose }: { readonly camera: NumberedCamera; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [typed, setTyped] = useState("");
  const [shown, setShown] = useState(false);
  const right = typed.trim() === camera.camera_id;
  const remove = useMutation({
    mutationFn: () => removeCamera(camera.camera_id, camera.version),
    onSuccess: () => {
      announce(t("removal.done", { camera: camera.name }));
      void queryClient.invalidateQueries({ queryKey: CAMERAS_KEY });
      onClose();
    },
    onError: () => void queryClient.invalidateQueries({ queryKey: CAMERAS_KEY }),
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setShown(true);
    if (right) remove.mutate();
  };
  return (
    <ConsoleDialog title={t("removal.title", { camera: `${camera.number} ${camera.name}` })} isOpen onClose={onClose}>
      <form className="form" onSubmit={submit} noValidate>
        <p>{t("removal.means")}</p>
        <Field label={t("removal.type", { id: camera.camera_id })} value={typed} autoComplete="off" spellCheck="false" fault={shown && !right ? t("removal.wrong") : undefined} onChange={setTyped} />
        <ProblemLine error={remove.error} act="keepCameras" />
        <div className="form-actions">
          <Button type="submit" className="button button-attention" isPending={remove.isPending}>
            {t("removal.remove")}
          </Button>
          <Button className="button" onPress={onClose}>
            {t("ui.cancel")}
          </Button>
        </div>
      </form>
    </ConsoleDialog>
  );
}
