/** A request made from this device, with the secret that shows it again. */
export interface OwnRequest {
  readonly id: string;
  readonly reference: string;
  readonly token: string;
}

const STORED = "hejnal.footage-requests";
const MOST = 20;

/** Requests made from this device, newest first. */
export function ownRequests(): readonly OwnRequest[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORED) ?? "[]");
    return Array.isArray(stored) ? (stored as OwnRequest[]) : [];
  } catch {
    return [];
  }
}

export function keepRequest(request: OwnRequest): void {
  try {
    localStorage.setItem(STORED, JSON.stringify([request, ...ownRequests().filter(({ id }) => id !== request.id)].slice(0, MOST)));
  } catch {
    // storage is blocked: the page after sending shows the number to keep
  }
}
