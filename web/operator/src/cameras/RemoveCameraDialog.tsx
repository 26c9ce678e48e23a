import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { CAMERAS_KEY } from "../api/cameras.ts";
import { removeCamera } from "../api/registry.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { Check, Field } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import type { NumberedCamera } from "./use-cameras.ts";

/** Takes a camera out of the registry, after its id was typed: nobody does that by a slip. */
export function RemoveCameraDialog({ camera, onClose }: { readonly camera: NumberedCamera; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [typed, setTyped] = useState("");
  const [shown, setShown] = useState(false);
  const [thenFootage, setThenFootage] = useState(false);
  const [, navigate] = useLocation();
  const right = typed.trim() === camera.camera_id;
  const remove = useMutation({
    mutationFn: () => removeCamera(camera.camera_id, camera.version),
    onSuccess: () => {
      announce(t("removal.done", { camera: camera.name }));
      void queryClient.invalidateQueries({ queryKey: CAMERAS_KEY });
      onClose();
      if (thenFootage) navigate(`/deletions?camera=${encodeURIComponent(camera.camera_id)}`);
    },
    onError: () => void queryClient.invalidateQueries({ queryKey: CAMERAS_KEY }),
  });
  const submit = () => {
    setShown(true);
    if (right) remove.mutate();
  };
  return (
    <FormDialog
      title={t("removal.title", { camera: `${camera.number} ${camera.name}` })}
      submit={t("removal.remove")}
      grave
      pending={remove.isPending}
      error={remove.error}
      act="keepCameras"
      onSubmit={submit}
      onClose={onClose}
    >
      <p>{t("removal.means")}</p>
      <Field label={t("removal.type", { id: camera.camera_id })} value={typed} autoComplete="off" spellCheck="false" fault={shown && !right ? t("removal.wrong") : undefined} onChange={setTyped} />
      <Check checked={thenFootage} label={t("removal.thenFootage")} help={t("removal.thenFootageHelp")} onChange={setThenFootage} />
    </FormDialog>
  );
}
