import { useQuery } from "@tanstack/react-query";
import { answer, type Language, useLanguage } from "@hejnal/shared";
import { api, type Town } from "../api.ts";

/** The town: its name, bounds, categories, push key. Changes rarely. */
export function useTown() {
  return useQuery({
    queryKey: ["town"],
    queryFn: () => answer(api.GET("/api/v1/town")),
    staleTime: 3_600_000,
  });
}

interface Named {
  readonly code: string;
  readonly names: Readonly<Record<Language, string>>;
}

/** A function from category code to its name in the reader's language; an unknown code stays as it is. */
export function useCategoryNames(kind: "announcement_categories" | "report_categories"): (code: string) => string {
  const language = useLanguage();
  const { data } = useTown();
  const categories: readonly Named[] = data?.[kind] ?? [];
  return (code) => categories.find((category) => category.code === code)?.names[language] ?? code;
}

export function townBounds(town: Town): [number, number, number, number] {
  const [west, south, east, north] = town.bounds as [number, number, number, number];
  return [west, south, east, north];
}
