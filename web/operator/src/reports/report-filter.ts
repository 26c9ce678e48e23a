import type { ReportQuery, ReportStatus, ReportSummary } from "../api/town.ts";

export const STATES = { open: ["received", "in_progress", "planned"], fresh: ["received"], closed: ["closed"], all: [] } as const satisfies Record<string, readonly ReportStatus[]>;
export type StateFilter = keyof typeof STATES;
export const STATE_ORDER: readonly StateFilter[] = ["open", "fresh", "closed", "all"];

/** Which reports the desk looks at. */
export interface ReportFilter {
  readonly state: StateFilter;
  /** Reference, or words of text or address; fewer than two letters find nothing and are not asked. */
  readonly words: string;
  readonly category: string;
  readonly unit: string;
  readonly urgent: boolean;
}

export const ANY_REPORT: ReportFilter = { state: "open", words: "", category: "", unit: "", urgent: false };
const LEAST_WORDS = 2;

export function isNarrowed(filter: ReportFilter): boolean {
  return filter.words.trim().length >= LEAST_WORDS || filter.category !== "" || filter.unit !== "" || filter.urgent;
}

/** The filter as the service is asked. */
export function reportQuery(filter: ReportFilter): ReportQuery {
  const q = filter.words.trim();
  const status = STATES[filter.state];
  return {
    ...(status.length > 0 ? { status: [...status] } : {}),
    ...(q.length >= LEAST_WORDS ? { q } : {}),
    ...(filter.category === "" ? {} : { category: [filter.category] }),
    ...(filter.unit === "" ? {} : { unit: filter.unit }),
    ...(filter.urgent ? { urgent: true } : {}),
  };
}

/** West, south, east, north of the places with a little room around, or null where there is none. */
export function boundsOfReports(reports: readonly Pick<ReportSummary, "place">[]): readonly [number, number, number, number] | null {
  if (reports.length === 0) return null;
  const lats = reports.map(({ place }) => place.lat);
  const lons = reports.map(({ place }) => place.lon);
  const room = 0.001;
  return [Math.min(...lons) - room, Math.min(...lats) - room, Math.max(...lons) + room, Math.max(...lats) + room];
}
