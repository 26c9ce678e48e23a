import { useTranslation } from "react-i18next";
import type { VersionProgress } from "../api/town.ts";
import { failureTodo, troubleWord } from "../messages/message-words.ts";
import { failuresOf } from "./progress.ts";

/** Why some did not get it, the most frequent cause first, and what somebody can do about each. */
export function Failures({ current }: { readonly current: VersionProgress }) {
  const { t } = useTranslation();
  const failures = failuresOf(current);
  if (failures.length === 0) return null;
  return (
    <section aria-labelledby="failures-title">
      <h4 id="failures-title">{t("progress.why")}</h4>
      <ul className="plain-list failures">
        {failures.map(({ channel, cause, count }) => (
          <li key={`${channel} ${cause}`} data-cause={cause}>
            <strong>
              {t(`channel.${channel}`)}: {troubleWord(t, cause)} ({count})
            </strong>
            <span className="soft cell-line">{failureTodo(t, cause)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
