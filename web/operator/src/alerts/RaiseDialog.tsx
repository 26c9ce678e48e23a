import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { raiseAlert } from "../api/alerts.ts";
import { HappeningDialog } from "./HappeningDialog.tsx";
import { applyAlert } from "./use-alerts.ts";

/** An alert by hand: a call, a patrol's word, something seen on the wall. */
export function RaiseDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [, navigate] = useLocation();
  return (
    <HappeningDialog
      title={t("alerts.raiseTitle")}
      submit={t("alerts.raise")}
      maxLength={200}
      make={({ what, ...happening }) => raiseAlert({ ...happening, summary: what, camera_ids: [] })}
      onMade={(alert) => {
        applyAlert(queryClient, alert);
        onClose();
        navigate(`/alerts/${alert.alert_id}`);
      }}
      onClose={onClose}
    />
  );
}
