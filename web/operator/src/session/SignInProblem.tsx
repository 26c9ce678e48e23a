import { type Problem, waitWords } from "@hejnal/shared";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

/** Why one was not let in; `wrong` says it for proofs that did not fit, never which of them. */
export function SignInProblem({ problem, wrong }: { readonly problem: Problem; readonly wrong: string }) {
  const { t } = useTranslation();
  const { t: shared } = useTranslation("shared");
  const left = useCountdown(problem);
  const text =
    problem.kind === "unauthenticated"
      ? wrong
      : problem.kind === "rateLimited"
        ? left > 0
          ? t("signIn.locked", { wait: waitWords(shared, left) })
          : t("signIn.lockOver")
        : problem.kind === "offline"
          ? t("signIn.offline")
          : t("signIn.unavailable");
  return (
    <p className="problem-line" role="alert">
      {text}
    </p>
  );
}

/** Whole seconds until the gateway lets one try again. */
function useCountdown(problem: Problem): number {
  const [left, setLeft] = useState(problem.retryAfterS ?? 0);
  useEffect(() => {
    const until = Date.now() + (problem.retryAfterS ?? 0) * 1_000;
    const show = () => {
      setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1_000)));
    };
    show();
    const timer = setInterval(show, 1_000);
    return () => clearInterval(timer);
  }, [problem]);
  return left;
}
