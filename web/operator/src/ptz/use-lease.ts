import { asProblem } from "@hejnal/shared";
import { useCallback, useEffect, useRef, useState } from "react";
import { fetchPtz, giveLeaseBack, takeLease } from "../api/ptz.ts";
import type { Role } from "../session/roles.ts";
import { useSession } from "../session/session.tsx";

export type LeaseState =
  | { readonly kind: "asking" }
  | { readonly kind: "mine" }
  /** Somebody else moves the camera. */
  | { readonly kind: "held"; readonly holder: string; readonly mayTakeOver: boolean }
  | { readonly kind: "failed"; readonly error: unknown };

const RANKS: readonly Role[] = ["operator", "dispatcher", "admin"];

/** A dispatcher takes over from an operator, an administrator from both. */
export function outranks(role: Role, holder: Role): boolean {
  return RANKS.indexOf(role) > RANKS.indexOf(holder);
}

/** A lease ends ten seconds after it was last renewed. */
const RENEW_MS = 4_000;

/** Holds the joystick of a camera for as long as the component lives. */
export function useLease(cameraId: string, reason: string) {
  const { role } = useSession().staff;
  const [state, setState] = useState<LeaseState>({ kind: "asking" });
  const held = useRef(false);
  const refused = useCallback((error: unknown) => {
    held.current = false;
    const problem = asProblem(error);
    if (problem.slug !== "ptz-held") {
      setState({ kind: "failed", error });
      return;
    }
    setState({ kind: "held", holder: problem.errors[0]?.message ?? "", mayTakeOver: false });
    fetchPtz(cameraId).then(
      ({ lease }) => {
        if (lease !== null && !lease.mine && !held.current) setState({ kind: "held", holder: lease.holder.name, mayTakeOver: outranks(role, lease.holder.role) });
      },
      () => undefined, // who holds it is known; only the way to take it over is not
    );
  }, [cameraId, role]);
  const take = useCallback(
    async (takeOver: boolean) => {
      try {
        await takeLease(cameraId, takeOver, reason);
        held.current = true;
        setState({ kind: "mine" });
      } catch (error) {
        refused(error);
      }
    },
    [cameraId, reason, refused],
  );
  useEffect(() => {
    const first = setTimeout(() => void take(false));
    const handle = setInterval(() => {
      if (held.current) void take(false);
    }, RENEW_MS);
    return () => {
      clearTimeout(first);
      clearInterval(handle);
      if (held.current) giveLeaseBack(cameraId).catch(() => undefined); // it ends by itself
      held.current = false;
    };
  }, [cameraId, take]);
  return { state, takeOver: () => void take(true), tryAgain: () => void take(false), refused };
}
