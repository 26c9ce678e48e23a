import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Act, FIRST_PAGE, may, ROLES, rolesAllowed } from "./roles.ts";

interface Operation {
  readonly "x-roles"?: readonly string[];
}

const document = JSON.parse(readFileSync(join(import.meta.dirname, "../../../shared/openapi/gateway.json"), "utf8")) as {
  paths: Record<string, Record<string, Operation>>;
};

describe("roles", () => {
  it.each<[Act, string, string]>([
    ["playBack", "get", "/api/v1/archive/cameras/{camera_id}/playlist.m3u8"],
    ["playBack", "get", "/api/v1/archive/segments/{segment_id}/media"],
    ["seeTimeline", "get", "/api/v1/archive/cameras/{camera_id}/timeline"],
    ["export", "post", "/api/v1/archive/exports"],
    ["export", "get", "/api/v1/archive/exports/{export_id}/package"],
    ["approveExport", "post", "/api/v1/archive/exports/{export_id}/decision"],
    ["readReports", "get", "/api/v1/town/reports"],
    ["readReports", "get", "/api/v1/messages/inbound-messages"],
    ["seeSending", "get", "/api/v1/messages/providers"],
    ["seeSending", "get", "/api/v1/messages/statements/{month}"],
    ["answerReports", "post", "/api/v1/town/reports/{report_id}/answers"],
    ["keepReportCategories", "put", "/api/v1/town/report-categories/{code}"],
    ["readConsultations", "get", "/api/v1/town/consultations"],
    ["writeConsultations", "post", "/api/v1/town/consultations/{consultation_id}/opening"],
    ["workOnConsultations", "post", "/api/v1/town/consultations/{consultation_id}/paper-entries"],
    ["keepOpen311", "post", "/api/v1/town/open311-keys"],
    ["keepOpen311", "put", "/api/v1/town/open311-back-office"],
    ["deleteFootage", "post", "/api/v1/archive/privacy-deletions/{deletion_id}/approval"],
    ["seeDrafts", "get", "/api/v1/town/announcement-drafts"],
    ["approveAnnouncements", "post", "/api/v1/town/announcement-drafts/{draft_id}/approval"],
    ["approveAnnouncements", "post", "/api/v1/town/announcements/preview"],
    ["importResidents", "post", "/api/v1/town/resident-imports"],
    ["findResidents", "get", "/api/v1/town/residents"],
    ["handleFootageRequests", "post", "/api/v1/town/footage-requests/{request_id}/answer"],
    ["readAnnouncements", "get", "/api/v1/town/announcements"],
    ["writeAnnouncements", "post", "/api/v1/town/announcements"],
    ["writeAnnouncements", "post", "/api/v1/town/announcements/{announcement_id}/cancellation"],
  ])("%s is what the gateway allows on %s %s", (act, method, path) => {
    expect([...rolesAllowed(act)].sort()).toEqual(document.paths[path]?.[method]?.["x-roles"]);
  });

  it("begins each role's day on a page it may use", () => {
    const acts: Readonly<Record<string, Act>> = { "/wall": "watchLive", "/announcements": "readAnnouncements", "/reports": "readReports", "/audit": "readAudit", "/cameras": "seeCameras" };
    for (const role of ROLES) expect(may(role, acts[FIRST_PAGE[role]] ?? "watchLive"), role).toBe(true);
  });
});
