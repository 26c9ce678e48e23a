import { useEffect, useState } from "react";

/** Whole seconds until `at`, counted down; 0 when it has passed or there is none. */
export function useCountdown(at: number | null): number {
  const [now, setNow] = useState(() => Date.now());
  const left = at === null ? 0 : Math.max(0, Math.ceil((at - now) / 1000));
  const running = left > 0;
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [running]);
  useEffect(() => setNow(Date.now()), [at]);
  return left;
}
