import { useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, asProblem } from "@hejnal/shared";
import { api, type Me } from "../api.ts";

export const ME = ["me"] as const;
const HINT = "hejnal.signedIn";

/** A mark that somebody signed in here; without it nobody is asked for at every start. */
export function rememberSignedIn(signedIn: boolean): void {
  try {
    if (signedIn) localStorage.setItem(HINT, "1");
    else localStorage.removeItem(HINT);
  } catch {
    // storage is blocked: the session lasts until the page is closed
  }
}

function maybeSignedIn(): boolean {
  try {
    return localStorage.getItem(HINT) !== null;
  } catch {
    return false;
  }
}

/** The signed-in resident, or null. */
export function useMe() {
  return useQuery({
    queryKey: ME,
    queryFn: async (): Promise<Me | null> => {
      if (!maybeSignedIn()) return null;
      try {
        return await answer(api.GET("/api/v1/me"));
      } catch (cause) {
        if (asProblem(cause).kind !== "unauthenticated") throw cause;
        rememberSignedIn(false);
        return null;
      }
    },
    staleTime: 60_000,
  });
}

/** Puts a fresh answer about the resident everywhere at once; null: signed out. */
export function useSetMe(): (me: Me | null) => void {
  const queries = useQueryClient();
  return (me) => {
    rememberSignedIn(me !== null);
    queries.setQueryData(ME, me);
    if (me === null) queries.removeQueries({ queryKey: ["my-reports"] });
  };
}
