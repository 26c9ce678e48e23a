import { createClient } from "@hejnal/shared";
import type { paths as StaffPaths } from "@hejnal/shared/api/citizen-staff";
import type { paths as GatewayPaths } from "@hejnal/shared/api/gateway";
import type { paths as NotifierPaths } from "@hejnal/shared/api/notifier";
import type { paths as RecorderPaths } from "@hejnal/shared/api/recorder";

/** A service's paths as the gateway's doors show them. */
type Behind<Paths, Inside extends string, Outside extends string> = {
  [Path in keyof Paths as Path extends `${Inside}${infer Rest}` ? `${Outside}${Rest}` : never]: Paths[Path];
};

export const gateway = createClient<GatewayPaths>();
export const town = createClient<Behind<StaffPaths, "/staff/v1", "/api/v1/town">>();
export const messages = createClient<Behind<NotifierPaths, "/internal/v1", "/api/v1/messages">>();
export const archive = createClient<Behind<RecorderPaths, "/internal/v1", "/api/v1/archive">>();

/** A fresh key per attempt of the user: a request that is sent twice is done once. */
export function idempotencyKey(): string {
  return crypto.randomUUID();
}
