import type { Language } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/citizen";

type Form = components["schemas"]["FootageRequestForm"];

export const HANDOVERS = ["electronic", "on_site", "post"] as const;
export type RequestField = "place" | "day" | "from" | "to" | "description" | "name" | "contact";
export type RequestFault = "missing" | "short" | "future" | "order" | "span";

/** A request as the form holds it. */
export interface RequestInWork extends Readonly<Record<RequestField, string>> {
  /** Id of a camera of the register, or "". */
  readonly camera: string;
  readonly handover: (typeof HANDOVERS)[number];
}

const LONGEST_MS = 6 * 3_600_000;
const DAY_MS = 24 * 3_600_000;
const SHORTEST_DESCRIPTION = 10;

export function emptyRequest(): RequestInWork {
  return { camera: "", place: "", day: "", from: "", to: "", description: "", name: "", contact: "", handover: "electronic" };
}

/** Beginning and end; a time "to" before "from" is on the next day. */
function span({ day, from, to }: RequestInWork): { starts: Date; ends: Date } {
  const starts = new Date(`${day}T${from}`);
  const ends = new Date(`${day}T${to}`);
  return { starts, ends: ends <= starts && ends.getTime() + DAY_MS - starts.getTime() <= LONGEST_MS ? new Date(ends.getTime() + DAY_MS) : ends };
}

/** What is still wrong, by field. */
export function faultsOf(request: RequestInWork, now: Date): Partial<Record<RequestField, RequestFault>> {
  const faults: Partial<Record<RequestField, RequestFault>> = {};
  for (const name of ["place", "day", "from", "to", "description", "name", "contact"] as const) {
    if (!request[name].trim()) faults[name] = "missing";
  }
  if (!faults.description && request.description.trim().length < SHORTEST_DESCRIPTION) faults.description = "short";
  for (const name of ["place", "contact"] as const) if (!faults[name] && request[name].trim().length < 3) faults[name] = "short";
  if (!faults.name && request.name.trim().length < 2) faults.name = "short";
  if (faults.day || faults.from || faults.to) return faults;
  const { starts, ends } = span(request);
  if (starts > now) faults.day = "future";
  else if (ends <= starts) faults.to = "order";
  else if (ends.getTime() - starts.getTime() > LONGEST_MS) faults.to = "span";
  return faults;
}

/** The request as the API takes it. */
export function formOf(request: RequestInWork, language: Language): Form {
  const { starts, ends } = span(request);
  return {
    camera_id: request.camera || null,
    place: request.place.trim(),
    from: starts.toISOString(),
    to: ends.toISOString(),
    description: request.description.trim(),
    name: request.name.trim(),
    contact: request.contact.trim(),
    handover: request.handover,
    language,
  };
}
