/** Digits typed to call a camera (`1` `7` Enter hangs camera 17 into the focused tile) or, after `w`, a saved view (`w` `3` Enter). */
export interface Call {
  readonly kind: "camera" | "view";
  readonly digits: string;
  readonly typedAtMs: number;
}

export const NO_CALL: Call = { kind: "camera", digits: "", typedAtMs: 0 };
/** Digits older than this belong to a thought that was given up. */
export const CALL_TIMEOUT_MS = 5_000;
const MOST_DIGITS = 6;

export function typed(call: Call, digit: string, nowMs: number): Call {
  const before = isOpen(call, nowMs) ? call.digits : "";
  const kind = isOpen(call, nowMs) || isAwaitingView(call, nowMs) ? call.kind : "camera";
  return { kind, digits: `${before}${digit}`.slice(-MOST_DIGITS), typedAtMs: nowMs };
}

export function erased(call: Call, nowMs: number): Call {
  return isOpen(call, nowMs) ? { ...call, digits: call.digits.slice(0, -1), typedAtMs: nowMs } : NO_CALL;
}

export function isOpen(call: Call, nowMs: number): boolean {
  return call.digits !== "" && nowMs - call.typedAtMs < CALL_TIMEOUT_MS;
}

/** `w` was pressed: the digits that follow are a view's. */
export function callingView(nowMs: number): Call {
  return { kind: "view", digits: "", typedAtMs: nowMs };
}

export function isAwaitingView(call: Call, nowMs: number): boolean {
  return call.kind === "view" && call.digits === "" && nowMs - call.typedAtMs < CALL_TIMEOUT_MS;
}

export function calledNumber(call: Call): number {
  return Number(call.digits);
}
