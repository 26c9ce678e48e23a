import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/citizen-staff";
import { town } from "./client.ts";

type Schemas = components["schemas"];
export type Town = Schemas["Town"];
export type Street = Schemas["Street"];
export type AddressHit = Schemas["AddressHit"];
export type ReportSummary = Schemas["StaffReportSummary"];
export type Report = Schemas["StaffReport"];
export type ReportAnswer = Schemas["Answer"];
export type ReportStatus = ReportSummary["status"];
export type ReportOutcome = NonNullable<ReportSummary["outcome"]>;
export type Announcement = Schemas["StaffAnnouncementSummary"];
export type AnnouncementDetail = Schemas["StaffAnnouncementDetail"];
export type AnnouncementDraft = Schemas["Issue"];
export type Preview = Schemas["Preview"];
export type VersionProgress = Schemas["VersionProgress"];
export type Channel = Schemas["Channel"];
export type Area = AnnouncementDraft["area"];
export type Text = Schemas["Text"];
export type Attachment = Schemas["Attachment"];

export const TOWN_KEY = ["town"] as const;
export const REPORTS_KEY = ["reports"] as const;
export const ANNOUNCEMENTS_KEY = ["announcements"] as const;

/** Gives the answer its generated type again: openapi-fetch turns tuples (bounds, centres) into plain arrays. */
function typed<Data>(call: Promise<unknown>): Promise<Data> {
  return call as Promise<Data>;
}

export const fetchTown = (): Promise<Town> => typed(answer(town.GET("/api/v1/town/town")));

export const searchStreets = (q: string, signal: AbortSignal): Promise<Street[]> =>
  answer(town.GET("/api/v1/town/streets", { params: { query: { q, limit: 12 } }, signal }));

export const searchAddresses = (q: string, signal: AbortSignal): Promise<AddressHit[]> =>
  answer(town.GET("/api/v1/town/addresses", { params: { query: { q, limit: 8 } }, signal }));

export interface ReportQuery {
  readonly status?: ReportStatus[];
  readonly category?: string[];
  readonly unit?: string;
  readonly urgent?: boolean;
  readonly q?: string;
}

export async function fetchReports(wanted: ReportQuery, cursor: string | null): Promise<{ items: ReportSummary[]; next_cursor: string | null }> {
  return answer(town.GET("/api/v1/town/reports", { params: { query: { limit: 50, ...wanted, ...(cursor === null ? {} : { cursor }) } } }));
}

export const fetchReport = (reportId: string): Promise<Report> =>
  answer(town.GET("/api/v1/town/reports/{report_id}", { params: { path: { report_id: reportId } } }));

export const answerReport = (reportId: string, body: ReportAnswer, key: string): Promise<Report> =>
  answer(
    town.POST("/api/v1/town/reports/{report_id}/answers", {
      params: { path: { report_id: reportId }, header: { "Idempotency-Key": key } },
      body,
    }),
  );

export function photoUrl(reportId: string, photoId: string, size: "thumb" | "full"): string {
  const path = `/api/v1/town/reports/${encodeURIComponent(reportId)}/photos/${encodeURIComponent(photoId)}`;
  return size === "thumb" ? `${path}?size=thumb` : path;
}

export async function fetchAnnouncements(cursor: string | null): Promise<{ items: Announcement[]; next_cursor: string | null }> {
  return typed(answer(town.GET("/api/v1/town/announcements", { params: { query: { limit: 50, ...(cursor === null ? {} : { cursor }) } } })));
}

export const fetchAnnouncement = (announcementId: string): Promise<AnnouncementDetail> =>
  typed(answer(town.GET("/api/v1/town/announcements/{announcement_id}", { params: { path: { announcement_id: announcementId } } })));

export const fetchProgress = (announcementId: string): Promise<VersionProgress[]> =>
  answer(town.GET("/api/v1/town/announcements/{announcement_id}/progress", { params: { path: { announcement_id: announcementId } } }));

export const previewAnnouncement = (body: AnnouncementDraft & { updates?: string | null }): Promise<Preview> => answer(town.POST("/api/v1/town/announcements/preview", { body }));

export const issueAnnouncement = (body: AnnouncementDraft, key: string): Promise<AnnouncementDetail> =>
  typed(answer(town.POST("/api/v1/town/announcements", { params: { header: { "Idempotency-Key": key } }, body })));

export const updateAnnouncement = (announcementId: string, body: Schemas["Update"], key: string): Promise<AnnouncementDetail> =>
  typed(
    answer(
      town.PUT("/api/v1/town/announcements/{announcement_id}", {
        params: { path: { announcement_id: announcementId }, header: { "Idempotency-Key": key } },
        body,
      }),
    ),
  );

export const cancelAnnouncement = (announcementId: string, body: Schemas["Cancellation"], key: string): Promise<AnnouncementDetail> =>
  typed(
    answer(
      town.POST("/api/v1/town/announcements/{announcement_id}/cancellation", {
        params: { path: { announcement_id: announcementId }, header: { "Idempotency-Key": key } },
        body,
      }),
    ),
  );
