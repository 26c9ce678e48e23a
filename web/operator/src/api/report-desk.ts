import { answer } from "@hejnal/shared";
import type { components, paths } from "@hejnal/shared/api/citizen-staff";
import { town } from "./client.ts";
import type { Report, ReportSummary } from "./town.ts";

type Schemas = components["schemas"];
export type ReportModeration = paths["/staff/v1/reports/{report_id}/moderation"]["post"]["requestBody"]["content"]["application/json"];
export type Rectangle = Schemas["Rectangle"];
export type StaffPhoto = Report["photos"][number];
export type Open311State = NonNullable<Report["open311"]>;

const of = (reportId: string) => ({ path: { report_id: reportId } });

export const writeToReporter = (reportId: string, text: string, key: string): Promise<Report> =>
  answer(town.POST("/api/v1/town/reports/{report_id}/messages", { params: { ...of(reportId), header: { "Idempotency-Key": key } }, body: { text } }));

export const moderateReport = (reportId: string, body: ReportModeration): Promise<Report> => answer(town.POST("/api/v1/town/reports/{report_id}/moderation", { params: of(reportId), body }));

/** Makes parts of a photo unrecognisable for everybody; the whole list replaces the one before. */
export const blurPhoto = (reportId: string, photoId: string, rectangles: Rectangle[], reason: string): Promise<Report> =>
  answer(town.PUT("/api/v1/town/reports/{report_id}/photos/{photo_id}/blur", { params: { path: { report_id: reportId, photo_id: photoId } }, body: { rectangles, reason } }));

export const mergeReport = (reportId: string, version: number, into: string): Promise<Report> =>
  answer(town.POST("/api/v1/town/reports/{report_id}/merge", { params: of(reportId), body: { into, expected_version: version } }));

export const routeReport = (reportId: string, body: Schemas["Routing"]): Promise<Report> => answer(town.PUT("/api/v1/town/reports/{report_id}/unit", { params: of(reportId), body }));

/** Reports around a place, whatever their state: candidates for a duplicate. */
export async function fetchReportsNear(place: { readonly lat: number; readonly lon: number }, radiusM: number): Promise<ReportSummary[]> {
  const query = { near: `${place.lat.toFixed(6)},${place.lon.toFixed(6)}`, radius_m: radiusM, limit: 30 };
  return (await answer(town.GET("/api/v1/town/reports", { params: { query } }))).items;
}

export async function findReports(q: string): Promise<ReportSummary[]> {
  return (await answer(town.GET("/api/v1/town/reports", { params: { query: { q, limit: 20 } } }))).items;
}
