import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/gateway";
import { gateway } from "./client.ts";

type Schemas = components["schemas"];
export type Discovery = Schemas["Discovery"];
export type Candidate = Schemas["Candidate"];
export type DeviceProbe = Schemas["DeviceProbe"];
export type CsvImport = Schemas["CsvImport"];
export type ConnectionResult = Schemas["ConnectionResult"];
export type ConnectionTest = Schemas["ConnectionTest"];

/** Asks the network for ONVIF devices (WS-Discovery). */
export const startDiscovery = (): Promise<Discovery> => answer(gateway.POST("/api/v1/camera-discoveries", { body: { wait_s: 5 } }));
export const fetchDiscovery = (discoveryId: string): Promise<Discovery> =>
  answer(gateway.GET("/api/v1/camera-discoveries/{discovery_id}", { params: { path: { discovery_id: discoveryId } } }));

/** What a device says of itself over ONVIF: its streams, its clock, what it can do. */
export const probeDevice = (body: Schemas["DeviceProbeRequest"]): Promise<DeviceProbe> => answer(gateway.POST("/api/v1/camera-discoveries/probes", { body }));

/** Opens a registered camera's stream once, with the account given or the stored one. */
export const testConnection = (cameraId: string, body: ConnectionTest): Promise<ConnectionResult> =>
  answer(gateway.POST("/api/v1/cameras/{camera_id}/connection-test", { params: { path: { camera_id: cameraId } }, body }));

/** The camera looks where it should: what it shows now is what it is compared with from now on. */
export async function acceptView(cameraId: string): Promise<void> {
  await answer<unknown>(gateway.POST("/api/v1/cameras/{camera_id}/accept-view", { params: { path: { camera_id: cameraId } } }));
}

/** Brings a CSV file into the registry, or with `dryRun` says what would happen; all of it or nothing. */
export function importCameras(file: File, dryRun: boolean): Promise<CsvImport> {
  return answer(
    gateway.POST("/api/v1/cameras/import", {
      params: { query: { dry_run: dryRun } },
      body: file as unknown as string,
      bodySerializer: (body: unknown) => body as File,
      headers: { "Content-Type": "text/csv" },
    }),
  );
}

export const CAMERAS_CSV_URL = "/api/v1/cameras/export.csv";
