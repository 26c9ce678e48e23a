import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/citizen-staff";
import { town } from "./client.ts";

type Schemas = components["schemas"];
export type Open311Key = Schemas["Open311Key"];
export type Open311KeyMade = Schemas["Open311KeyMade"];
export type NewOpen311Key = Schemas["NewOpen311Key"];
export type BackOffice = Schemas["BackOffice"];
export type BackOfficeEdit = Schemas["BackOfficeEdit"];

export const OPEN311_KEYS_KEY = ["open311", "keys"] as const;
export const BACK_OFFICE_KEY = ["open311", "back-office"] as const;

export const fetchKeys = async (): Promise<Open311Key[]> => (await answer(town.GET("/api/v1/town/open311-keys"))).items;
export const makeKey = (body: NewOpen311Key): Promise<Open311KeyMade> => answer(town.POST("/api/v1/town/open311-keys", { body }));
export const revokeKey = (keyId: string): Promise<unknown> => answer(town.DELETE("/api/v1/town/open311-keys/{key_id}", { params: { path: { key_id: keyId } } }));
export const fetchBackOffice = (): Promise<BackOffice> => answer(town.GET("/api/v1/town/open311-back-office"));
export const saveBackOffice = (read: BackOffice, body: BackOfficeEdit): Promise<BackOffice> => answer(town.PUT("/api/v1/town/open311-back-office", { params: { header: { "If-Match": `"${read.version}"` } }, body }));
