import { call } from "./loose.ts";

export interface Account {
  readonly account_id: string;
  readonly name: string;
}

export const ACCOUNTS_KEY = ["accounts"] as const;

export async function fetchAccounts(): Promise<Account[]> {
  return (await call<{ items: Account[] }>("GET", "/api/v1/accounts")).items;
}
