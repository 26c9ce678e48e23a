import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { answer, asProblem, ErrorState, Icon, type IconName, Skeleton, useLanguage } from "@hejnal/shared";
import { Redirect, useLocation } from "wouter";
import { Page } from "../app/Page.tsx";
import { useProblemSentence } from "../app/problem.ts";
import { api, type Channel, type Contact, type Me } from "../api.ts";
import { forgetDevice } from "../notices/push.ts";
import { useTown } from "../town/use-town.ts";
import { OneTimeCode } from "./OneTimeCode.tsx";
import { useMe, useSetMe } from "./use-me.ts";

const CHANNEL_ICON: Readonly<Record<Channel, IconName>> = { email: "mail", sms: "phone", push: "bell", webhook: "bell" };

/** Contacts with their consents, one's data, and the way out. */
export default function AccountPage() {
  const { data: me, error, isPending, refetch } = useMe();
  if (me) return <Account me={me} />;
  if (isPending) return <Skeleton />;
  return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Redirect to="/logowanie?dalej=/konto" replace />;
}

function Account({ me }: { readonly me: Me }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const [, navigate] = useLocation();
  const setMe = useSetMe();
  const sentence = useProblemSentence();
  const [adding, setAdding] = useState(false);
  const [failure, setFailure] = useState("");
  const erase = useRef<HTMLDialogElement>(null);

  const attempt = async (work: () => Promise<void>) => {
    setFailure("");
    try {
      await work();
    } catch (cause) {
      setFailure(sentence(asProblem(cause)));
    }
  };
  const leave = () => {
    setMe(null);
    navigate("/");
  };

  return (
    <Page title={t("account.title")} narrow>
      <div role="alert">{failure ? <p className="field-error">{failure}</p> : null}</div>
      <section className="list-section">
        <h2>{t("account.contacts")}</h2>
        <ul className="contacts">
          {me.contacts.map((contact) => (
            <ContactRow key={contact.id} contact={contact} onChanged={setMe} attempt={attempt} />
          ))}
        </ul>
        {adding ? (
          <OneTimeCode
            confirmLabel={t("account.add")}
            onRequest={(contact) => answer(api.POST("/api/v1/me/contacts/codes", { body: { contact, language } }))}
            onConfirm={async (body) => {
              setMe(await answer(api.POST("/api/v1/me/contacts", { body })));
              setAdding(false);
            }}
          />
        ) : (
          <button type="button" className="button" onClick={() => setAdding(true)}>
            {t("account.add")}
          </button>
        )}
      </section>
      <section className="list-section">
        <h2>{t("account.data")}</h2>
        <div className="actions">
          <a className="button" href="/api/v1/me/export" download>
            {t("account.export")}
          </a>
          <button
            type="button"
            className="button"
            onClick={() =>
              void attempt(async () => {
                await answer(api.DELETE("/api/v1/sign-in/sessions/current"));
                leave();
              })
            }
          >
            {t("account.signOut")}
          </button>
          <button type="button" className="button button-danger" onClick={() => erase.current?.showModal()}>
            {t("account.erase")}
          </button>
        </div>
      </section>
      <dialog ref={erase} className="dialog" aria-labelledby="erase-title">
        <h2 id="erase-title">{t("account.eraseAsk")}</h2>
        <p>{t("account.eraseText")}</p>
        <div className="actions">
          <button type="button" className="button" onClick={() => erase.current?.close()}>
            {t("account.eraseNo")}
          </button>
          <button
            type="button"
            className="button button-danger"
            onClick={() =>
              void attempt(async () => {
                erase.current?.close();
                await answer(api.DELETE("/api/v1/me"));
                await forgetDevice();
                leave();
              })
            }
          >
            {t("account.eraseYes")}
          </button>
        </div>
      </dialog>
    </Page>
  );
}

interface ContactRowProps {
  readonly contact: Contact;
  readonly onChanged: (me: Me) => void;
  readonly attempt: (work: () => Promise<void>) => Promise<void>;
}

function ContactRow({ contact, onChanged, attempt }: ContactRowProps) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { data: town } = useTown();
  const path = { path: { contact_id: contact.id } };
  const consentText = town?.consent.texts[language] ?? town?.consent.texts.pl;
  const channel = contact.channel === "webhook" ? "push" : contact.channel;

  return (
    <li className="contact">
      <p className="contact-head">
        <Icon name={CHANNEL_ICON[contact.channel]} />
        <span>
          <strong>{contact.address}</strong>
          <small>
            {t(`account.${channel}`)}. {contact.consented ? t("account.consented") : t("account.notConsented")}
          </small>
        </span>
      </p>
      {contact.failed ? <p className="field-error">{t(`account.failed.${contact.failed}`)}</p> : null}
      {contact.consented || contact.channel === "push" || !consentText ? null : (
        <details>
          <summary>{t("account.allowText")}</summary>
          <p className="hint">{consentText}</p>
        </details>
      )}
      <div className="actions">
        {contact.channel === "push" ? null : contact.consented ? (
          <button
            type="button"
            className="button"
            onClick={() => void attempt(async () => onChanged(await answer(api.DELETE("/api/v1/me/contacts/{contact_id}/consent", { params: path }))))}
          >
            {t("account.withdraw")}
          </button>
        ) : (
          <button
            type="button"
            className="button"
            disabled={!town}
            onClick={() =>
              void attempt(async () =>
                onChanged(
                  await answer(
                    api.PUT("/api/v1/me/contacts/{contact_id}/consent", {
                      params: path,
                      body: { version: town?.consent.version ?? "", language },
                    }),
                  ),
                ),
              )
            }
          >
            {t("account.allow")}
          </button>
        )}
        <button
          type="button"
          className="button"
          onClick={() => void attempt(async () => onChanged(await answer(api.DELETE("/api/v1/me/contacts/{contact_id}", { params: path }))))}
        >
          {t("account.remove", { address: contact.address })}
        </button>
      </div>
    </li>
  );
}
