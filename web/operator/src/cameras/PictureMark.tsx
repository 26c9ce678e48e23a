import { Icon } from "@hejnal/shared";
import { useTranslation } from "react-i18next";
import type { CameraStatus } from "../api/cameras.ts";
import { duration, since } from "../words/console-words.ts";
import { useNowSeconds } from "../words/ticker.ts";

type Pictured = Pick<CameraStatus, "condition" | "picture">;

/** True while what the camera shows is not what it should show. */
export function isTampered(status: Pictured): boolean {
  return status.condition === "live" && status.picture?.state === "tampered";
}

/** "obraz zasłonięty": what is wrong with a picture that comes; nothing while all is well. */
export function PictureMark({ status }: { readonly status: Pictured }) {
  const { t } = useTranslation();
  const nowMs = useNowSeconds();
  const { picture } = status;
  if (!isTampered(status) || picture?.kind === null || picture?.kind === undefined) return null;
  const sinceMs = Date.parse(picture.since);
  return (
    <span className="picture-mark" title={t("picture.since", { since: since(t, sinceMs, nowMs), age: duration(t, nowMs - sinceMs) })}>
      <Icon name="warning" />
      {t(`picture.kind.${picture.kind}`)}
    </span>
  );
}
