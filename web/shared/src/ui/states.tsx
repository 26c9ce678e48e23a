import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { asProblem } from "../http/problem.ts";
import { problemWords } from "../http/problem-words.ts";
import { Icon, type IconName } from "./icons.tsx";

interface EmptyStateProps {
  readonly icon: IconName;
  readonly title: string;
  /** What it means and what to do next. */
  readonly children?: ReactNode;
}

/** Nothing here, said plainly. */
export function EmptyState({ icon, title, children }: EmptyStateProps) {
  return (
    <div className="state">
      <Icon name={icon} size="2.25rem" />
      <p className="state-title">{title}</p>
      {children}
    </div>
  );
}

interface ErrorStateProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
}

/** What went wrong and what to do about it; announced to screen readers. */
export function ErrorState({ error, onRetry }: ErrorStateProps) {
  const { t } = useTranslation("shared");
  const problem = asProblem(error);
  const { title, todo } = problemWords(t, problem);
  return (
    <div className="state state-error" role="alert">
      <Icon name={problem.kind === "offline" ? "offline" : "warning"} size="2.25rem" />
      <p className="state-title">{title}</p>
      <p>{todo}</p>
      {onRetry ? (
        <button type="button" className="button" onClick={onRetry}>
          {t("problem.retry")}
        </button>
      ) : null}
    </div>
  );
}

/** Grey shapes while content is on its way; a screen reader hears one word. */
export function Skeleton({ rows = 3 }: { readonly rows?: number }) {
  const { t } = useTranslation("shared");
  return (
    <div className="skeleton" role="status">
      <span className="visually-hidden">{t("state.loading")}</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="skeleton-row" aria-hidden="true" />
      ))}
    </div>
  );
}
