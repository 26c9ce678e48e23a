import type { TFunction } from "i18next";
import type { Problem } from "./problem.ts";

/** A wait as people say it: seconds below two minutes, minutes above. */
export function waitWords(t: TFunction<"shared">, seconds: number): string {
  return seconds < 120
    ? t("problem.wait", { seconds })
    : t("problem.waitMinutes", { minutes: Math.round(seconds / 60) });
}

/** What went wrong, and what to do about it. */
export function problemWords(t: TFunction<"shared">, problem: Problem): { title: string; todo: string } {
  const seconds = problem.retryAfterS ?? 0;
  return {
    title: t(`problem.title.${problem.kind}`),
    todo: t(`problem.todo.${problem.kind}`, {
      seconds,
      wait: waitWords(t, seconds),
      trace: problem.traceId || "–",
    }),
  };
}
