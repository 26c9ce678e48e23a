import { answer, asProblem } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/gateway";
import { gateway } from "./client.ts";

export type Staff = components["schemas"]["SessionView"];
export type SignIn = components["schemas"]["SignIn"];

/** Who is signed in, or null. */
export async function fetchSession(): Promise<Staff | null> {
  try {
    return await answer(gateway.GET("/api/v1/session"));
  } catch (error) {
    if (asProblem(error).kind === "unauthenticated") return null;
    throw error;
  }
}

export function openSession(body: SignIn): Promise<Staff> {
  return answer(gateway.POST("/api/v1/session", { body }));
}

export async function closeSession(): Promise<void> {
  try {
    await answer(gateway.DELETE("/api/v1/session"));
  } catch (error) {
    // A session that is over already is what was asked for.
    if (asProblem(error).kind !== "unauthenticated") throw error;
  }
}
