import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/citizen-staff";
import { town } from "./client.ts";

type Schemas = components["schemas"];
export type Consultation = Schemas["StaffConsultation"];
export type ConsultationChange = Schemas["ConsultationChange"];
export type ConsultationOption = Consultation["options"][number];
export type ConsultationResult = Schemas["ConsultationResult"];
export type Opinion = Schemas["StaffOpinion"];
export type OpinionState = Opinion["state"];
export type PaperEntry = Schemas["PaperEntry"];
export type PaperEntryStored = Schemas["PaperEntryStored"];
export type VoteRule = Consultation["vote_rule"];
export type OpinionRule = Consultation["opinions"];

interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

export const CONSULTATIONS_KEY = ["consultations"] as const;
export const consultationKey = (id: string) => [...CONSULTATIONS_KEY, "one", id] as const;
export const resultKey = (id: string) => [...CONSULTATIONS_KEY, "result", id] as const;
export const opinionsKey = (id: string) => [...CONSULTATIONS_KEY, "opinions", id] as const;

const from = (cursor: string | null) => (cursor === null ? {} : { cursor });
const of = (id: string) => ({ path: { consultation_id: id } });
/** What is changed is what was read: a newer version is refused with 412. */
const as = ({ id, version }: Pick<Consultation, "id" | "version">) => ({ ...of(id), header: { "If-Match": `"${version}"` } });

export const fetchConsultations = (cursor: string | null): Promise<Page<Consultation>> => answer(town.GET("/api/v1/town/consultations", { params: { query: { limit: 50, ...from(cursor) } } }));
export const fetchConsultation = (id: string): Promise<Consultation> => answer(town.GET("/api/v1/town/consultations/{consultation_id}", { params: of(id) }));
export const draftConsultation = (body: ConsultationChange, key: string): Promise<Consultation> => answer(town.POST("/api/v1/town/consultations", { params: { header: { "Idempotency-Key": key } }, body }));
export const changeConsultation = (read: Consultation, body: ConsultationChange): Promise<Consultation> => answer(town.PUT("/api/v1/town/consultations/{consultation_id}", { params: as(read), body }));
export const openConsultation = (read: Consultation): Promise<Consultation> => answer(town.POST("/api/v1/town/consultations/{consultation_id}/opening", { params: as(read) }));
export const closeConsultation = (read: Consultation): Promise<Consultation> => answer(town.POST("/api/v1/town/consultations/{consultation_id}/closure", { params: as(read) }));
export const fetchResult = (id: string): Promise<ConsultationResult> => answer(town.GET("/api/v1/town/consultations/{consultation_id}/result", { params: of(id) }));
/** All opinions, or those in one state; the oldest first. */
export const fetchOpinions = (id: string, state: OpinionState | null, cursor: string | null): Promise<Page<Opinion>> =>
  answer(town.GET("/api/v1/town/consultations/{consultation_id}/opinions", { params: { ...of(id), query: { limit: 50, ...(state === null ? {} : { state: [state] }), ...from(cursor) } } }));
export const moderateOpinion = (id: string, opinionId: string, body: Schemas["OpinionModeration"]): Promise<unknown> =>
  answer(town.POST("/api/v1/town/consultations/{consultation_id}/opinions/{opinion_id}/moderation", { params: { path: { consultation_id: id, opinion_id: opinionId } }, body }));
export const enterPaper = (id: string, body: PaperEntry, key: string): Promise<PaperEntryStored> =>
  answer(town.POST("/api/v1/town/consultations/{consultation_id}/paper-entries", { params: { ...of(id), header: { "Idempotency-Key": key } }, body }));
