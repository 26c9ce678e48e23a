import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/citizen-staff";
import { town } from "./client.ts";

type Schemas = components["schemas"];
export type Template = Schemas["Template"];
export type TemplateInput = Schemas["TemplateInput"];
export type AnnouncementCategory = Schemas["Category"];
export type AnnouncementCategoryChange = Schemas["CategoryChange"];

export const TEMPLATES_KEY = ["announcement-templates"] as const;
export const ANNOUNCEMENT_CATEGORIES_KEY = ["announcement-categories"] as const;

const at = (template: Pick<Template, "id" | "version">) => ({ path: { template_id: template.id }, header: { "If-Match": `"${template.version}"` } });

/** Gives the answer its generated type again: openapi-fetch turns tuples into plain arrays. */
function typed<Data>(call: Promise<unknown>): Promise<Data> {
  return call as Promise<Data>;
}

export const fetchTemplates = (): Promise<Template[]> => typed(answer(town.GET("/api/v1/town/announcement-templates")));
export const addTemplate = (body: TemplateInput): Promise<Template> => typed(answer(town.POST("/api/v1/town/announcement-templates", { body })));
export const changeTemplate = (template: Pick<Template, "id" | "version">, body: TemplateInput): Promise<Template> =>
  typed(answer(town.PUT("/api/v1/town/announcement-templates/{template_id}", { params: at(template), body })));
export async function removeTemplate(template: Pick<Template, "id" | "version">): Promise<void> {
  await answer<unknown>(town.DELETE("/api/v1/town/announcement-templates/{template_id}", { params: at(template) }));
}

export const fetchAnnouncementCategories = (): Promise<AnnouncementCategory[]> => answer(town.GET("/api/v1/town/announcement-categories"));
export const addAnnouncementCategory = (code: string, body: AnnouncementCategoryChange): Promise<AnnouncementCategory> => answer(town.POST("/api/v1/town/announcement-categories", { body: { ...body, code } }));
export const changeAnnouncementCategory = (code: string, version: number, body: AnnouncementCategoryChange): Promise<AnnouncementCategory> =>
  answer(town.PUT("/api/v1/town/announcement-categories/{code}", { params: { path: { code }, header: { "If-Match": `"${version}"` } }, body }));
