import { asProblem, Icon, problemWords } from "@hejnal/shared";
import { useTranslation } from "react-i18next";
import { rolesAllowed, type Act } from "../session/roles.ts";

interface ProblemLineProps {
  readonly error: unknown;
  /** What was tried: a refusal then says which roles may do it. */
  readonly act?: Act;
  /** Said instead of the common words, by who knows what this error means here. */
  readonly words?: string | null;
}

/** What went wrong and what to do, beside the thing that failed; announced to screen readers. */
export function ProblemLine({ error, act, words: own = null }: ProblemLineProps) {
  const { t } = useTranslation();
  const { t: shared } = useTranslation("shared");
  if (error === null || error === undefined) return null;
  if (own !== null) {
    return (
      <p className="problem-line" role="alert">
        {own}
      </p>
    );
  }
  const problem = asProblem(error);
  const words = problemWords(shared, problem);
  const forbidden = problem.kind === "forbidden" && act !== undefined;
  return (
    <p className="problem-line" role="alert">
      <Icon name="warning" />
      <span>
        <strong>{words.title}.</strong> {forbidden ? <MayDo act={act} /> : problem.kind === "conflict" ? t("ui.conflict") : words.todo}
      </span>
    </p>
  );
}

/** "Odpowiadać na zgłoszenia może: urzędnik od zgłoszeń lub administrator." */
export function MayDo({ act }: { readonly act: Act }) {
  const { t, i18n } = useTranslation();
  const names = rolesAllowed(act).map((role) => t(`role.${role}`));
  return <>{t(`mayDo.${act}`, { roles: new Intl.ListFormat(i18n.language, { type: "disjunction" }).format(names) })}</>;
}
