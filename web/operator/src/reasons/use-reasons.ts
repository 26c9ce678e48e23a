import { useCallback, useSyncExternalStore } from "react";
import type { Camera } from "../api/cameras.ts";
import { useSession } from "../session/session.tsx";
import { reasonStore } from "./reason-store.ts";

type Asked = Pick<Camera, "camera_id" | "restricted">;

interface Reasons {
  /** Why this camera is looked at; empty where nothing has been said. */
  readonly reasonFor: (cameraId: string) => string;
  /** It asks for a reason, and none has been given yet. */
  readonly lacks: (camera: Asked) => boolean;
  readonly give: (cameraIds: readonly string[], reason: string) => void;
}

/** The reasons the signed-in person has given in this tab. */
export function useReasons(): Reasons {
  const { staff } = useSession();
  const accountId = staff.account_id;
  const reasons = useSyncExternalStore(
    reasonStore.subscribe,
    useCallback(() => reasonStore.of(accountId), [accountId]),
  );
  return {
    reasonFor: (cameraId) => reasons.get(cameraId) ?? "",
    lacks: (camera) => camera.restricted && !reasons.has(camera.camera_id),
    give: (cameraIds, reason) => reasonStore.give(accountId, cameraIds, reason),
  };
}
