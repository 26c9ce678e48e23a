import type { Problem } from "@hejnal/shared";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

/** As in `hejnal_gateway.accounts.password_rules`. */
export const PASSWORD_LEAST = 12;

const KNOWN = ["password-short", "password-long", "password-weak", "password-same", "password-wrong"] as const;

/** What is wrong with a password, in the reader's words; null when the problem is another one. */
export function usePasswordProblem(): (problem: Problem | null) => string | null {
  const { t } = useTranslation();
  return useCallback(
    (problem) => {
      const known = KNOWN.find((slug) => slug === problem?.slug);
      return known === undefined ? null : t(`own.problem.${known}`);
    },
    [t],
  );
}
