import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/gateway";
import { gateway } from "./client.ts";

type Schemas = components["schemas"];
export type Account = Schemas["StaffAccount"];
export type AccountDraft = Schemas["AccountDraft"];
export type AccountPatch = Schemas["AccountPatch"];
export type NewAccount = Schemas["NewStaffAccount"];
export type SetUpLink = Schemas["LinkView"];
export type OpenSession = Schemas["OpenSession"];
export type CameraGroup = Schemas["CameraGroup"];

export const ACCOUNTS_KEY = ["accounts"] as const;
export const accountSessionsKey = (accountId: string) => ["accounts", "sessions", accountId] as const;

const path = (accountId: string) => ({ path: { account_id: accountId } });

export async function fetchAccounts(): Promise<Account[]> {
  return (await answer(gateway.GET("/api/v1/accounts"))).items;
}

export const addAccount = (body: AccountDraft): Promise<NewAccount> => answer(gateway.POST("/api/v1/accounts", { body }));

/** A save from an old version is refused. */
export const changeAccount = (accountId: string, version: number, body: AccountPatch): Promise<Account> =>
  answer(gateway.PATCH("/api/v1/accounts/{account_id}", { params: { ...path(accountId), header: { "if-match": `"${version}"` } }, body }));

/** Forgets password, authenticator and passkeys; gives the link with which the person sets the account up again. */
export const resetAccount = (accountId: string): Promise<SetUpLink> => answer(gateway.POST("/api/v1/accounts/{account_id}/reset", { params: path(accountId) }));

export async function fetchSessionsOf(accountId: string): Promise<OpenSession[]> {
  return (await answer(gateway.GET("/api/v1/accounts/{account_id}/sessions", { params: path(accountId) }))).items;
}

export async function endSessionsOf(accountId: string): Promise<void> {
  await answer<unknown>(gateway.DELETE("/api/v1/accounts/{account_id}/sessions", { params: path(accountId) }));
}

export async function fetchCameraGroups(): Promise<CameraGroup[]> {
  return (await answer(gateway.GET("/api/v1/camera-groups"))).items;
}
