import { useLanguage } from "@hejnal/shared";
import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { fetchTown, TOWN_KEY } from "../api/town.ts";

/** The town and the names of its categories in the reader's language; a code without a name is shown as it is. */
export function useTown() {
  const language = useLanguage();
  const query = useQuery({ queryKey: TOWN_KEY, queryFn: fetchTown, staleTime: 10 * 60_000 });
  const town = query.data ?? null;
  const reportCategory = useCallback(
    (code: string) => town?.report_categories.find((category) => category.code === code)?.names[language] ?? code,
    [town, language],
  );
  const announcementCategory = useCallback(
    (code: string) => town?.announcement_categories.find((category) => category.code === code)?.names[language] ?? code,
    [town, language],
  );
  return { town, reportCategory, announcementCategory, error: query.error };
}
