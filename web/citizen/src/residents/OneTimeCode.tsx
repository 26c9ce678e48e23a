import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { asProblem, localTime, useLanguage, waitWords } from "@hejnal/shared";
import { Field } from "../app/fields.tsx";
import { useProblemSentence } from "../app/problem.ts";
import { useTown } from "../town/use-town.ts";
import { useCountdown } from "./use-countdown.ts";

/** An answer to "send a code". */
export interface CodeSent {
  readonly challenge_id: string;
  readonly channel: "email" | "sms";
  readonly expires_at: string;
  readonly resend_after_s: number;
}

export interface CodeAnswer {
  readonly challenge_id: string;
  readonly code: string;
  readonly consent: { version: string; language: "pl" | "en" | "uk" } | null;
}

interface OneTimeCodeProps {
  readonly onRequest: (contact: string) => Promise<CodeSent>;
  readonly onConfirm: (answer: CodeAnswer) => Promise<void>;
  readonly confirmLabel: string;
}

interface Pending extends CodeSent {
  readonly contact: string;
  readonly sentAt: number;
}

/** Proves a contact in two steps: say where, type the six digits that came. Used to sign in and to add a contact. */
export function OneTimeCode({ onRequest, onConfirm, confirmLabel }: OneTimeCodeProps) {
  const { t } = useTranslation();
  const { t: shared } = useTranslation("shared");
  const language = useLanguage();
  const sentence = useProblemSentence();
  const { data: town } = useTown();
  const [contact, setContact] = useState("");
  const [code, setCode] = useState("");
  const [consent, setConsent] = useState(false);
  const [pending, setPending] = useState<Pending | null>(null);
  const [error, setError] = useState("");
  const [news, setNews] = useState("");
  const [busy, setBusy] = useState(false);
  const wait = useCountdown(pending ? pending.sentAt + pending.resend_after_s * 1000 : null);

  const attempt = async (work: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    setError("");
    setNews("");
    try {
      await work();
    } catch (cause) {
      const problem = asProblem(cause);
      // Locked: the code that was sent is void, and typing on would help nobody.
      if (problem.slug === "contact-locked") setPending(null);
      setError(sentence(problem));
    } finally {
      setBusy(false);
    }
  };
  const request = async () => {
    setPending({ ...(await onRequest(contact.trim())), contact: contact.trim(), sentAt: Date.now() });
    setCode("");
  };
  const start = (event: SyntheticEvent) => {
    event.preventDefault();
    if (!contact.trim()) setError(t("signIn.contactMissing"));
    else void attempt(request);
  };
  const confirm = (event: SyntheticEvent) => {
    event.preventDefault();
    const digits = code.replace(/\D/g, "");
    if (!pending) return;
    if (digits.length !== 6) {
      setError(t("signIn.codeShort"));
      return;
    }
    void attempt(() =>
      onConfirm({
        challenge_id: pending.challenge_id,
        code: digits,
        consent: consent && town ? { version: town.consent.version, language } : null,
      }),
    );
  };

  if (!pending) {
    return (
      <form onSubmit={start} noValidate>
        <Field
          label={t("signIn.contact")}
          hint={t("signIn.contactHint")}
          error={error}
          value={contact}
          onChange={setContact}
          autoComplete="username"
          isRequired
        />
        <div className="actions">
          <button type="submit" className="button-primary" aria-disabled={busy}>
            {t("signIn.send")}
          </button>
        </div>
      </form>
    );
  }
  const consentText = town?.consent.texts[language] ?? town?.consent.texts.pl;
  return (
    <form onSubmit={confirm} noValidate>
      <p role="status">{t(pending.channel === "email" ? "signIn.sentEmail" : "signIn.sentSms", { contact: pending.contact })}</p>
      <Field
        // The second step begins here: the field takes the focus, and phones offer the code that came.
        // eslint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        label={t("signIn.code")}
        hint={t("signIn.expires", { time: localTime(new Date(pending.expires_at), language) })}
        error={error}
        value={code}
        onChange={setCode}
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={9}
        isRequired
      />
      {consentText ? (
        <label className="checkbox">
          <input type="checkbox" checked={consent} onChange={({ target }) => setConsent(target.checked)} />
          <span>
            {t("signIn.consent")}
            <small>{consentText}</small>
          </span>
        </label>
      ) : null}
      <div className="actions">
        <button type="submit" className="button-primary" aria-disabled={busy}>
          {confirmLabel}
        </button>
        <button
          type="button"
          className="button"
          onClick={() => {
            setPending(null);
            setError("");
          }}
        >
          {t("signIn.other")}
        </button>
      </div>
      {wait > 0 ? (
        <p className="hint">{t("signIn.resendIn", { wait: waitWords(shared, wait) })}</p>
      ) : (
        <button
          type="button"
          className="link-button"
          onClick={() =>
            void attempt(async () => {
              await request();
              setNews(t("signIn.resent"));
            })
          }
        >
          {t("signIn.resend")}
        </button>
      )}
      <p role="status">{news}</p>
    </form>
  );
}
