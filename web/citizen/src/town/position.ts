import type { LatLon } from "@hejnal/shared";

export type PositionFailure = "denied" | "failed";

/** The device did not give its position; `reason` says whether its owner refused. */
export class PositionError extends Error {
  constructor(readonly reason: PositionFailure) {
    super(`position ${reason}`);
  }
}

const TIME_LIMIT_MS = 12_000;

/**
 * Where the device is now. Asked only when its owner presses a button.
 * @throws PositionError
 */
export function currentPosition(): Promise<LatLon> {
  return new Promise((resolve, reject) => {
    if (!("geolocation" in navigator)) {
      reject(new PositionError("failed"));
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lat: coords.latitude, lon: coords.longitude }),
      ({ code, PERMISSION_DENIED }) => reject(new PositionError(code === PERMISSION_DENIED ? "denied" : "failed")),
      { enableHighAccuracy: true, timeout: TIME_LIMIT_MS, maximumAge: 30_000 },
    );
  });
}
