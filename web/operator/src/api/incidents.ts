import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/gateway";
import { gateway } from "./client.ts";

type Schemas = components["schemas"];
export type Incident = Schemas["Incident"];
export type IncidentCase = Schemas["IncidentCase"];
export type IncidentEntry = Schemas["IncidentEntry"];
export type IncidentMark = Schemas["Mark"];
export type NewIncident = Schemas["NewIncident"];
export type NewMark = Schemas["NewMark"];
export type HoldRequest = Schemas["HoldRequest"];
export type SeeingCamera = Schemas["SeeingCamera"];

export const INCIDENTS_KEY = ["incidents"] as const;
export const incidentKey = (incidentId: string) => ["incidents", "one", incidentId] as const;
export const incidentCamerasKey = (incidentId: string) => ["incidents", "cameras", incidentId] as const;

const path = (incidentId: string) => ({ path: { incident_id: incidentId } });

export function fetchIncidents(state: "open" | "closed", cursor: string | null): Promise<Schemas["IncidentPage"]> {
  return answer(gateway.GET("/api/v1/incidents", { params: { query: { state, ...(cursor === null ? {} : { cursor }) } } }));
}

export const fetchIncident = (incidentId: string): Promise<IncidentCase> => answer(gateway.GET("/api/v1/incidents/{incident_id}", { params: path(incidentId) }));

/** Cameras that see the place, nearest first, with the direction in which to look. */
export async function fetchIncidentCameras(incidentId: string): Promise<SeeingCamera[]> {
  return (await answer(gateway.GET("/api/v1/incidents/{incident_id}/cameras", { params: path(incidentId) }))).items;
}

export const openIncident = (body: NewIncident): Promise<IncidentCase> => answer(gateway.POST("/api/v1/incidents", { body }));
export const noteOnIncident = (incidentId: string, noteId: string, text: string): Promise<IncidentCase> =>
  answer(gateway.POST("/api/v1/incidents/{incident_id}/notes", { params: path(incidentId), body: { note_id: noteId, text } }));
export const markFootage = (incidentId: string, body: NewMark): Promise<IncidentCase> => answer(gateway.POST("/api/v1/incidents/{incident_id}/marks", { params: path(incidentId), body }));
export const closeIncident = (incidentId: string, version: number, report: string): Promise<IncidentCase> =>
  answer(gateway.POST("/api/v1/incidents/{incident_id}/closure", { params: path(incidentId), body: { version, report } }));
export const linkAlert = (incidentId: string, alertId: string): Promise<IncidentCase> =>
  answer(gateway.PUT("/api/v1/incidents/{incident_id}/alerts/{alert_id}", { params: { path: { incident_id: incidentId, alert_id: alertId } } }));
export const linkReport = (incidentId: string, reportId: string, reference: string): Promise<IncidentCase> =>
  answer(gateway.PUT("/api/v1/incidents/{incident_id}/reports/{report_id}", { params: { path: { incident_id: incidentId, report_id: reportId } }, body: { reference } }));
