import { useQuery, useQueryClient } from "@tanstack/react-query";
import { asProblem } from "@hejnal/shared";
import { createContext, type ReactNode, use, useCallback, useMemo, useState } from "react";
import { closeSession, fetchSession, type Staff } from "../api/session.ts";
import { may, type Act } from "./roles.ts";

interface Session {
  /** The signed-in member of staff. */
  readonly staff: Staff;
  /** False between the end of a session and the next sign-in: nothing may be watched meanwhile. */
  readonly active: boolean;
  readonly may: (act: Act) => boolean;
  /** The gateway has said 401: ask for a new sign-in, keeping the place. */
  readonly ended: () => void;
  readonly signOut: () => Promise<void>;
}

const SessionContext = createContext<Session | null>(null);
export const SESSION_KEY = ["session"] as const;

export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new Error("useSession outside SessionGate");
  return session;
}

interface SessionGateProps {
  readonly children: ReactNode;
  readonly signIn: (ended: boolean) => ReactNode;
  readonly waiting: ReactNode;
  readonly failed: (error: unknown, retry: () => void) => ReactNode;
}

/**
 * Shows the console to whoever is signed in. When the session ends, the console stays mounted but hidden under the
 * sign-in page, so the same person comes back to the same place with the same half-written answer; another person
 * gets a fresh console.
 */
export function SessionGate({ children, signIn, waiting, failed }: SessionGateProps) {
  const queryClient = useQueryClient();
  const query = useQuery({ queryKey: SESSION_KEY, queryFn: fetchSession, staleTime: Infinity, retry: false });
  const [held, setHeld] = useState<Staff | null>(null);
  const [leaving, setLeaving] = useState(false);
  const staff = query.data ?? null;
  if (staff !== null && staff !== held) setHeld(staff);
  const shown = staff ?? (leaving ? null : held);
  const signOutPage = shown?.sign_out_page ?? null;

  const ended = useCallback(() => {
    queryClient.setQueryData(SESSION_KEY, null);
  }, [queryClient]);
  const signOut = useCallback(async () => {
    // Whoever came through the town's identity provider is signed out here and there by one page.
    if (signOutPage !== null) {
      window.location.assign(signOutPage);
      return;
    }
    await closeSession();
    setLeaving(true);
    queryClient.setQueryData(SESSION_KEY, null);
    queryClient.removeQueries({ predicate: (other) => other.queryKey[0] !== SESSION_KEY[0] });
  }, [queryClient, signOutPage]);
  if (staff === null && leaving && held !== null) {
    setHeld(null);
    setLeaving(false);
  }
  const session = useMemo<Session | null>(
    () => (shown === null ? null : { staff: shown, active: staff !== null, may: (act) => may(shown.role, act), ended, signOut }),
    [shown, staff, ended, signOut],
  );

  if (query.isError && shown === null && asProblem(query.error).kind !== "unauthenticated") {
    return failed(query.error, () => void query.refetch());
  }
  if (query.isPending) return waiting;
  return (
    <>
      {session === null ? null : (
        <SessionContext value={session}>
          <div key={session.staff.account_id} className="session-place" hidden={!session.active} inert={!session.active}>
            {children}
          </div>
        </SessionContext>
      )}
      {staff === null ? signIn(shown !== null) : null}
    </>
  );
}
