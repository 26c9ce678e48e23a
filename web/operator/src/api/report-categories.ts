import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/citizen-staff";
import { town } from "./client.ts";

type Schemas = components["schemas"];
export type ReportCategory = Schemas["StaffReportCategory"];
export type ReportCategoryEdit = Schemas["CategoryEdit"];
export type Question = ReportCategory["questions"][number];
export type QuestionKind = Question["kind"];

export const REPORT_CATEGORIES_KEY = ["report-categories"] as const;

export async function fetchReportCategories(): Promise<ReportCategory[]> {
  return (await answer(town.GET("/api/v1/town/report-categories"))).items;
}

export const addReportCategory = (code: string, body: ReportCategoryEdit): Promise<ReportCategory> => answer(town.POST("/api/v1/town/report-categories", { body: { ...body, code } }));

export const changeReportCategory = (code: string, version: number, body: ReportCategoryEdit): Promise<ReportCategory> =>
  answer(town.PUT("/api/v1/town/report-categories/{code}", { params: { path: { code }, header: { "If-Match": `"${version}"` } }, body }));
