import { Icon, LANGUAGE_NAMES } from "@hejnal/shared";
import { useTranslation } from "react-i18next";
import type { Preview } from "../api/town.ts";

/** Each language's SMS exactly as it arrives, its size and price, and what of it does not fit into plain letters. */
export function SmsLooks({ preview, money }: { readonly preview: Preview; readonly money: Intl.NumberFormat }) {
  const { t } = useTranslation();
  if (preview.sms.length === 0) return null;
  return (
    <section>
      <h3>{t("preview.sms")}</h3>
      <ul className="sms-list">
        {preview.sms.map((sms) => {
          const replaced = sms.unrepresentable.join(" ");
          return (
            <li key={sms.language}>
              <p className="soft">
                <span lang={sms.language}>{LANGUAGE_NAMES[sms.language]}</span>: {t("preview.smsSize", { characters: sms.characters, parts: sms.parts, encoding: sms.encoding.toUpperCase() })}; {t("preview.readers", { count: sms.recipients })}
                {`, ${money.format(sms.cost_pln)}`}
              </p>
              <p className="sms" lang={sms.language}>
                {sms.text}
              </p>
              {replaced === "" ? null : (
                <p className={sms.encoding === "ucs-2" ? "warning-line" : "soft"}>
                  {sms.encoding === "ucs-2" ? <Icon name="warning" /> : null}
                  <span>{sms.encoding === "ucs-2" ? t("preview.smsCostly", { characters: replaced }) : t("preview.smsReplaced", { characters: replaced })}</span>
                </p>
              )}
              {sms.shortened ? (
                <p className="warning-line">
                  <Icon name="warning" />
                  <span>{t("preview.smsShortened")}</span>
                </p>
              ) : null}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
