import { useEffect, useState } from "react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { answer } from "@hejnal/shared";
import { type AddressHit, api } from "../api.ts";

const WAIT_MS = 200;
const SHORTEST = 2;
const NONE: readonly AddressHit[] = [];

export interface AddressHits {
  readonly hits: readonly AddressHit[];
  /** idle: too few letters yet. */
  readonly state: "idle" | "searching" | "found" | "nothing" | "failed";
}

/** Addresses, streets and places for what is being typed, asked for when the typing pauses. */
export function useAddressHits(words: string): AddressHits {
  const wanted = words.trim();
  const [asked, setAsked] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setAsked(wanted), WAIT_MS);
    return () => clearTimeout(timer);
  }, [wanted]);
  const search = useQuery({
    queryKey: ["addresses", asked],
    queryFn: () => answer(api.GET("/api/v1/addresses", { params: { query: { q: asked, limit: 8 } } })),
    enabled: asked.length >= SHORTEST,
    placeholderData: keepPreviousData,
    staleTime: 600_000,
  });
  if (wanted.length < SHORTEST) return { hits: NONE, state: "idle" };
  if (asked.length < SHORTEST) return { hits: NONE, state: "searching" };
  if (search.isError) return { hits: NONE, state: "failed" };
  const hits = search.data ?? NONE;
  if (search.isFetching || asked !== wanted) return { hits, state: "searching" };
  return { hits, state: hits.length ? "found" : "nothing" };
}
