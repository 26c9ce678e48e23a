import { answer, asProblem } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/gateway";
import { getPasskey } from "../session/webauthn.ts";
import { gateway } from "./client.ts";

type Schemas = components["schemas"];
export type Staff = Schemas["SessionView"];
export type SignIn = Schemas["SignIn"];
export type SignInMethods = Schemas["SignInMethods"];
export type SetUp = Schemas["SetUpView"];
export type SetUpChoice = Schemas["SetUpChoice"];
export type SetUpDone = Schemas["SetUpDone"];

export const METHODS_KEY = ["session", "methods"] as const;

/** Who is signed in, or null. */
export async function fetchSession(): Promise<Staff | null> {
  try {
    return await answer(gateway.GET("/api/v1/session"));
  } catch (error) {
    if (asProblem(error).kind === "unauthenticated") return null;
    throw error;
  }
}

/** The ways in that are open here. */
export const fetchMethods = (): Promise<SignInMethods> => answer(gateway.GET("/api/v1/session/methods"));

export function openSession(body: SignIn): Promise<Staff> {
  return answer(gateway.POST("/api/v1/session", { body }));
}

export const openByRecoveryCode = (body: Schemas["Recovery"]): Promise<Staff> => answer(gateway.POST("/api/v1/session/recovery", { body }));

/** Asks whatever passkey the device has for this address. @throws PasskeyDeclined when the person or the device says no */
export async function openByPasskey(): Promise<Staff> {
  const { public_key: options } = await answer(gateway.POST("/api/v1/session/passkey/options"));
  const credential = await getPasskey(options);
  return answer(gateway.POST("/api/v1/session/passkey", { body: { credential } }));
}

export async function closeSession(): Promise<void> {
  try {
    await answer(gateway.DELETE("/api/v1/session"));
  } catch (error) {
    // A session that is over already is what was asked for.
    if (asProblem(error).kind !== "unauthenticated") throw error;
  }
}

export const inspectSetUp = (token: string): Promise<SetUp> => answer(gateway.POST("/api/v1/account-setups/inspection", { body: { token } }));
export const completeSetUp = (body: SetUpChoice): Promise<SetUpDone> => answer(gateway.POST("/api/v1/account-setups/completion", { body }));
