import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/gateway";
import { createPasskey } from "../session/webauthn.ts";
import { gateway } from "./client.ts";
import type { OpenSession } from "./accounts.ts";

type Schemas = components["schemas"];
export type Passkey = Schemas["Passkey"];
export type TotpEnrolment = Schemas["TotpEnrolment"];

export const OWN_SESSIONS_KEY = ["own", "sessions"] as const;
export const PASSKEYS_KEY = ["own", "passkeys"] as const;

export async function fetchOwnSessions(): Promise<OpenSession[]> {
  return (await answer(gateway.GET("/api/v1/account/sessions"))).items;
}

export async function endOwnSession(sessionId: string): Promise<void> {
  await answer<unknown>(gateway.DELETE("/api/v1/account/sessions/{session_id}", { params: { path: { session_id: sessionId } } }));
}

/** All but this one. */
export async function endOtherSessions(): Promise<void> {
  await answer<unknown>(gateway.DELETE("/api/v1/account/sessions"));
}

export async function changePassword(current: string, next: string): Promise<void> {
  await answer<unknown>(gateway.PUT("/api/v1/account/password", { body: { current_password: current, new_password: next } }));
}

export const beginTotp = (password: string): Promise<TotpEnrolment> => answer(gateway.POST("/api/v1/account/totp", { body: { password } }));

export async function confirmTotp(code: string): Promise<void> {
  await answer<unknown>(gateway.POST("/api/v1/account/totp/confirmation", { body: { code } }));
}

export async function renewRecoveryCodes(password: string): Promise<string[]> {
  return (await answer(gateway.POST("/api/v1/account/recovery-codes", { body: { password } }))).recovery_codes;
}

export async function fetchPasskeys(): Promise<Passkey[]> {
  return (await answer(gateway.GET("/api/v1/account/passkeys"))).items;
}

/** Asks for the password, then the device makes a key. @throws PasskeyDeclined when the person or the device says no */
export async function addPasskey(name: string, password: string): Promise<Passkey> {
  const { public_key: options } = await answer(gateway.POST("/api/v1/account/passkeys/options", { body: { password } }));
  const credential = await createPasskey(options);
  return answer(gateway.POST("/api/v1/account/passkeys", { body: { name, credential } }));
}

export async function removePasskey(passkeyId: string): Promise<void> {
  await answer<unknown>(gateway.DELETE("/api/v1/account/passkeys/{passkey_id}", { params: { path: { passkey_id: passkeyId } } }));
}
