import { Icon } from "@hejnal/shared";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { ReasonForm } from "./ReasonForm.tsx";
import { useReasons } from "./use-reasons.ts";

/** Shows its contents once every one of these cameras that asks for a reason has been given one. */
export function ReasonGate({ cameras, children }: { readonly cameras: readonly NumberedCamera[]; readonly children: ReactNode }) {
  const { t } = useTranslation();
  const { lacks, give } = useReasons();
  const lacking = cameras.filter(lacks);
  if (lacking.length === 0) return children;
  return (
    <section className="reason-gate" aria-labelledby="reason-gate-title">
      <h1 id="reason-gate-title">
        <Icon name="safety" /> {t("reason.title")}
      </h1>
      <ReasonForm
        cameras={lacking.map((camera) => `${camera.number} ${camera.name}`)}
        others={0}
        onReason={(reason) => give(lacking.map((camera) => camera.camera_id), reason)}
      />
    </section>
  );
}
