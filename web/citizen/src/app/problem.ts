import { useTranslation } from "react-i18next";
import { asProblem, problemWords, waitWords } from "@hejnal/shared";

/** A function from any failure to one sentence for the resident: by its slug (catalogue `slug`), else by its kind. */
export function useProblemSentence(): (cause: unknown) => string {
  const { t, i18n } = useTranslation();
  const { t: shared } = useTranslation("shared");
  return (cause) => {
    const problem = asProblem(cause);
    const own = `slug.${problem.slug}`;
    if (problem.slug && i18n.exists(own)) return t(own as "slug.outside-town", { wait: waitWords(shared, problem.retryAfterS ?? 60) });
    const { title, todo } = problemWords(shared, problem);
    return `${title}. ${todo}`;
  };
}
