/** Digits typed to call a camera: `1` `7` Enter hangs camera 17 into the focused tile. */
export interface Call {
  readonly digits: string;
  readonly typedAtMs: number;
}

export const NO_CALL: Call = { digits: "", typedAtMs: 0 };
/** Digits older than this belong to a thought that was given up. */
export const CALL_TIMEOUT_MS = 5_000;
const MOST_DIGITS = 6;

export function typed(call: Call, digit: string, nowMs: number): Call {
  const before = isOpen(call, nowMs) ? call.digits : "";
  return { digits: `${before}${digit}`.slice(-MOST_DIGITS), typedAtMs: nowMs };
}

export function erased(call: Call, nowMs: number): Call {
  return isOpen(call, nowMs) ? { digits: call.digits.slice(0, -1), typedAtMs: nowMs } : NO_CALL;
}

export function isOpen(call: Call, nowMs: number): boolean {
  return call.digits !== "" && nowMs - call.typedAtMs < CALL_TIMEOUT_MS;
}

export function calledNumber(call: Call): number {
  return Number(call.digits);
}
