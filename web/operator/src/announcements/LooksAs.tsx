import { LANGUAGE_NAMES, Logo } from "@hejnal/shared";
import { useTranslation } from "react-i18next";
import type { Preview, Town } from "../api/town.ts";

type Wording = NonNullable<Preview["wordings"]>[number];

/** How it looks where it arrives: as a notification on a phone and as a letter. */
export function LooksAs({ wordings, town }: { readonly wordings: readonly Wording[]; readonly town: Town }) {
  const { t } = useTranslation();
  const shown = wordings.filter(({ channel }) => channel === "push" || channel === "email");
  if (shown.length === 0) return null;
  return (
    <section>
      <h3>{t("preview.looks")}</h3>
      <ul className="looks">
        {shown.map((wording) => (
          <li key={`${wording.channel} ${wording.language}`}>
            <p className="soft">
              {t(`channel.${wording.channel}`)}, <span lang={wording.language}>{LANGUAGE_NAMES[wording.language]}</span>: {t("preview.readers", { count: wording.recipients })}
            </p>
            {wording.channel === "push" ? <Push wording={wording} /> : <Letter wording={wording} town={town} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Push({ wording }: { readonly wording: Wording }) {
  return (
    <div className="look-push" lang={wording.language}>
      <Logo size="1.75rem" />
      <div>
        <strong className="look-one-line">{wording.title}</strong>
        <p className="look-push-text">{wording.text}</p>
      </div>
    </div>
  );
}

function Letter({ wording, town }: { readonly wording: Wording; readonly town: Town }) {
  const { t } = useTranslation();
  return (
    <div className="look-letter" lang={wording.language}>
      <p className="look-letter-head">
        <span className="soft">{t("preview.from", { town: town.name })}</span>
        <strong>{wording.title}</strong>
      </p>
      <p className="look-letter-text">{wording.text}</p>
    </div>
  );
}
