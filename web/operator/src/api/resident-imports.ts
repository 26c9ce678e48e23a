import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/citizen-staff";
import { town } from "./client.ts";

export type ResidentImport = components["schemas"]["ResidentImport"];
export type FoundResident = components["schemas"]["FoundResident"];

export interface ImportQuestion {
  readonly file: File;
  /** What people agreed to, word for word. */
  readonly consentText: string;
  /** For rows that name none; empty: all categories. */
  readonly categories: readonly string[];
}

/** Tries a file of phone numbers and consents, or takes it in; one wrong row refuses all of it. */
export function importResidents({ file, consentText, categories }: ImportQuestion, dryRun: boolean, key: string): Promise<ResidentImport> {
  return answer(
    town.POST("/api/v1/town/resident-imports", {
      params: { query: { consent_text: consentText, dry_run: dryRun, ...(categories.length === 0 ? {} : { category: [...categories] }) }, header: { "Idempotency-Key": key } },
      body: file as unknown as string,
      bodySerializer: (body: unknown) => body as File,
      headers: { "Content-Type": "text/csv" },
    }),
  );
}

export const fetchResidentImport = (importId: string): Promise<ResidentImport> => answer(town.GET("/api/v1/town/resident-imports/{import_id}", { params: { path: { import_id: importId } } }));

/** Who has exactly this contact; each question is on record. */
export async function findResident(q: string): Promise<FoundResident | null> {
  return (await answer(town.GET("/api/v1/town/residents", { params: { query: { q } } }))).items[0] ?? null;
}

export async function eraseResident(residentId: string, reason: string): Promise<void> {
  await answer<unknown>(town.DELETE("/api/v1/town/residents/{resident_id}", { params: { path: { resident_id: residentId }, query: { reason } } }));
}
