import { useTranslation } from "react-i18next";
import { categoryIcon, Icon, type IconName, useLanguage } from "@hejnal/shared";
import type { Town } from "../api.ts";
import { categoriesOn, CHANNELS, toggled, type Wish, type WishChannel, withChannel } from "./wish.ts";

interface TopicTableProps {
  readonly categories: Town["announcement_categories"];
  readonly wish: Wish;
  /** Channels that can be ticked; the others say what is missing. */
  readonly ready: readonly WishChannel[];
  readonly shown: readonly WishChannel[];
  readonly onChange: (wish: Wish) => void;
}

const ICONS: Readonly<Record<WishChannel, IconName>> = { push: "bell", email: "mail", sms: "phone" };

/** Topics down, channels across, a box where they meet. */
export function TopicTable({ categories, wish, ready, shown, onChange }: TopicTableProps) {
  const { t } = useTranslation();
  const language = useLanguage();
  const columns = CHANNELS.filter((channel) => shown.includes(channel));
  const missing = columns.filter((channel) => !ready.includes(channel));
  const codes = categories.map(({ code }) => code);

  return (
    <>
      <table className="topics">
        <caption className="visually-hidden">{t("notices.topicsHelp")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("notices.topic")}</th>
            {columns.map((channel) => (
              <th key={channel} scope="col">
                <Icon name={ICONS[channel]} />
                <span>{t(`notices.channel.${channel}`)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {categories.map(({ code, names }) => (
            <tr key={code}>
              <th scope="row">
                <span className="topic-name">
                  <Icon name={categoryIcon(code)} />
                  {names[language]}
                </span>
              </th>
              {columns.map((channel) => (
                <td key={channel}>
                  <label className="topic-box">
                    <input
                      type="checkbox"
                      aria-label={t("notices.cell", { category: names[language], channel: t(`notices.channel.${channel}`) })}
                      checked={wish.topics[code]?.includes(channel) ?? false}
                      disabled={!ready.includes(channel)}
                      onChange={() => onChange(toggled(wish, code, channel))}
                    />
                  </label>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <div className="actions">
        {columns
          .filter((channel) => ready.includes(channel))
          .map((channel) => {
            const all = categoriesOn(wish, channel).length >= codes.length;
            return (
              <button key={channel} type="button" className="link-button" onClick={() => onChange(withChannel(wish, codes, channel, !all))}>
                {columns.length > 1 ? `${t(`notices.channel.${channel}`)}: ` : null}
                {all ? t("notices.none") : t("notices.all")}
              </button>
            );
          })}
      </div>
      {missing.map((channel) => (
        <p key={channel} className="hint">
          <Icon name={ICONS[channel]} /> {t(`notices.channel.${channel}`)}: {t(`notices.noChannel.${channel}`)}
        </p>
      ))}
    </>
  );
}
