import { useTranslation } from "react-i18next";
import type { WallView } from "../api/views.ts";
import { cameraByNumber } from "../cameras/camera-search.ts";
import type { NumberedCamera } from "../cameras/use-cameras.ts";
import { useNowQuarters } from "../words/ticker.ts";
import { calledNumber, type Call, isAwaitingView, isOpen } from "./call-buffer.ts";
import { viewOf } from "./use-views.ts";

interface CallBoxProps {
  readonly call: Call;
  readonly cameras: readonly NumberedCamera[];
  readonly views: readonly WallView[];
}

/** What has been typed so far, and which camera or view it would call. */
export function CallBox({ call, cameras, views }: CallBoxProps) {
  const { t } = useTranslation();
  const nowMs = useNowQuarters();
  if (isAwaitingView(call, nowMs)) {
    return (
      <p className="call-box" role="status">
        <kbd>{"W"}</kbd> {t("views.typeNumber")}
      </p>
    );
  }
  if (!isOpen(call, nowMs)) return null;
  const number = calledNumber(call);
  const wanted = call.kind === "view" ? viewOf(views, number)?.name : cameraByNumber(cameras, number)?.name;
  return (
    <p className="call-box" role="status">
      <kbd>{call.kind === "view" ? `W ${call.digits}` : call.digits}</kbd>
      {wanted ?? t(call.kind === "view" ? "views.noSuch" : "wall.noSuchCamera", { number: call.digits })}
      {wanted === undefined ? null : <kbd>{"Enter"}</kbd>}
    </p>
  );
}
