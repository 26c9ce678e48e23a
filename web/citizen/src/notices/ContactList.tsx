import { useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, asProblem, Icon } from "@hejnal/shared";
import { useProblemSentence } from "../app/problem.ts";
import { api, type Contact } from "../api.ts";

/** E-mail addresses and numbers of the signed-in resident, each with a way to try it out. */
export function ContactList({ contacts }: { readonly contacts: readonly Contact[] }) {
  const { t } = useTranslation();
  const sentence = useProblemSentence();
  const [asked, setAsked] = useState("");
  const [said, setSaid] = useState<{ readonly id: string; readonly words: string } | null>(null);

  const tryOut = async ({ id, channel }: Contact) => {
    if (asked) return;
    setAsked(id);
    setSaid(null);
    try {
      const { messages } = await answer(api.POST("/api/v1/me/test-messages", { body: { contact_id: id } }));
      const off = messages.every(({ state }) => state === "channel_off");
      setSaid({ id, words: off ? t("notices.testState.channelOff") : t(channel === "email" ? "notices.testSentEmail" : "notices.testSentSms") });
    } catch (cause) {
      setSaid({ id, words: sentence(asProblem(cause)) });
    } finally {
      setAsked("");
    }
  };

  return (
    <ul className="contact-list">
      {contacts.map((contact) => {
        const { id, address, channel, consented, failed } = contact;
        return (
          <li key={id}>
            <Icon name={channel === "email" ? "mail" : "phone"} />
            <span>
              <strong>{address}</strong>
              <small>{failed ? t(`account.failed.${failed}`) : consented ? t("account.consented") : t("account.notConsented")}</small>
              {consented && !failed ? (
                <button type="button" className="link-button" aria-disabled={asked === id} onClick={() => void tryOut(contact)}>
                  {t("notices.testContact", { address })}
                </button>
              ) : null}
              <span role="status" className="hint">
                {said?.id === id ? said.words : ""}
              </span>
            </span>
          </li>
        );
      })}
    </ul>
  );
}
