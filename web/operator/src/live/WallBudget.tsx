import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from "react";
import { type BudgetTile, NOTHING, type Verdict, WallWatch } from "./wall-watch.ts";

interface Budget extends Verdict {
  readonly register: (id: string, tile: BudgetTile) => () => void;
}

const BudgetContext = createContext<Budget>({ ...NOTHING, register: () => () => undefined });

/** Measures the live pictures below it together, and decides which of them this machine is spared. */
export function WallBudget({ children }: { readonly children: ReactNode }) {
  const [verdict, setVerdict] = useState<Verdict>(NOTHING);
  const tiles = useRef(new Map<string, BudgetTile>());
  const changedAtMs = useRef(0);
  useEffect(() => {
    const watch = new WallWatch(tiles.current, changedAtMs, setVerdict);
    return () => watch.stop();
  }, []);
  const budget = useMemo(
    () => ({
      ...verdict,
      register: (id: string, tile: BudgetTile) => {
        tiles.current.set(id, tile);
        changedAtMs.current = Date.now();
        return () => {
          tiles.current.delete(id);
          changedAtMs.current = Date.now();
        };
      },
    }),
    [verdict],
  );
  return <BudgetContext value={budget}>{children}</BudgetContext>;
}

/** How the wall stands: how many of its pictures are thinned. */
export function useThinned(): number {
  return useContext(BudgetContext).thinned.size;
}

/** Puts a live picture under the wall's budget; `null` keeps it out. */
export function useBudget(id: string, tile: BudgetTile | null): { readonly thinned: boolean; readonly pathThin: boolean } {
  const { register, thinned, thinPaths } = useContext(BudgetContext);
  const kept = useRef(register);
  useEffect(() => {
    kept.current = register;
  });
  useEffect(() => (tile === null ? undefined : kept.current(id, tile)), [id, tile]);
  return { thinned: tile !== null && thinned.has(id), pathThin: tile !== null && thinPaths.has(id) };
}
