import { useQuery } from "@tanstack/react-query";
import { answer, type Language } from "@hejnal/shared";
import { api, type Consultation } from "../api.ts";

/** What the town asks or has asked, newest first. */
export function useConsultations() {
  return useQuery({ queryKey: ["consultations"], queryFn: () => answer(api.GET("/api/v1/consultations", { params: { query: { limit: 50 } } })) });
}

export function consultationKey(id: string): readonly string[] {
  return ["consultation", id];
}

/** One consultation, with what this person or device has chosen. */
export function useConsultation(id: string) {
  return useQuery({
    queryKey: consultationKey(id),
    queryFn: () => answer(api.GET("/api/v1/consultations/{consultation_id}", { params: { path: { consultation_id: id } } })),
  });
}

/** The words in the reader's language, else Polish, which every consultation has. */
export function inLanguage<Words>(texts: Readonly<Partial<Record<string, Words>>>, language: Language): Words | undefined {
  return texts[language] ?? texts.pl ?? Object.values(texts)[0];
}

/** Whether somebody can still take part. */
export function isOpen({ state }: Pick<Consultation, "state">): boolean {
  return state === "open";
}
