import { asProblem, type Language, LANGUAGES, LANGUAGE_NAMES, Logo, changeLanguage, useLanguage } from "@hejnal/shared";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { fetchMethods, METHODS_KEY, openByPasskey, type Staff } from "../api/session.ts";
import { PasswordForm } from "./PasswordForm.tsx";
import { RecoveryForm } from "./RecoveryForm.tsx";
import { SESSION_KEY } from "./session.tsx";
import { SignInProblem } from "./SignInProblem.tsx";
import { PasskeyDeclined, passkeysPossible } from "./webauthn.ts";

/** The ways in that are open here: password and code, a passkey, the town's identity provider, a recovery code. */
export function SignInPage({ ended }: { readonly ended: boolean }) {
  const { t } = useTranslation();
  const [recovering, setRecovering] = useState(false);
  const opened = useOpened();
  const methods = useQuery({ queryKey: METHODS_KEY, queryFn: fetchMethods, staleTime: Infinity, retry: false }).data;
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <Brand />
        {ended ? (
          <p className="sign-in-ended" role="status">
            {t("signIn.ended")}
          </p>
        ) : null}
        <ProviderProblem />
        {recovering ? (
          <RecoveryForm onOpened={opened} onBack={() => setRecovering(false)} />
        ) : (
          <>
            <PasswordForm onOpened={opened} />
            <div className="sign-in-ways">
              {methods?.passkey === true && passkeysPossible() ? <PasskeyButton onOpened={opened} /> : null}
              {methods?.oidc === null || methods?.oidc === undefined ? null : (
                <a className="button" href={methods.oidc.start}>
                  {t("signIn.provider", { name: methods.oidc.name })}
                </a>
              )}
              <button type="button" className="link-button" onClick={() => setRecovering(true)}>
                {t("signIn.lostPhone")}
              </button>
            </div>
          </>
        )}
        <LanguageChoice />
      </div>
    </main>
  );
}

export function Brand() {
  const { t } = useTranslation();
  return (
    <div className="sign-in-brand">
      <Logo size="2.5rem" />
      <div>
        <h1>{t("brand", { ns: "shared" })}</h1>
        <p className="soft">{t("signIn.place")}</p>
      </div>
    </div>
  );
}

/** What to do when a session was opened: the console shows itself, with nothing of the one before. */
export function useOpened(): (staff: Staff) => Promise<void> {
  const queryClient = useQueryClient();
  return async (staff) => {
    queryClient.setQueryData(SESSION_KEY, staff);
    await queryClient.invalidateQueries({ predicate: (query) => query.queryKey[0] !== SESSION_KEY[0] });
  };
}

function PasskeyButton({ onOpened }: { readonly onOpened: (staff: Staff) => Promise<void> }) {
  const { t } = useTranslation();
  const open = useMutation({ mutationFn: openByPasskey, onSuccess: onOpened });
  return (
    <>
      <Button className="button" isPending={open.isPending} onPress={() => open.mutate()}>
        {open.isPending ? t("signIn.passkeyAsked") : t("signIn.passkey")}
      </Button>
      {open.error instanceof PasskeyDeclined ? (
        <p className="problem-line" role="alert">
          {t("signIn.passkeyDeclined")}
        </p>
      ) : open.isError ? (
        <SignInProblem problem={asProblem(open.error)} wrong={t("signIn.passkeyWrong")} />
      ) : null}
    </>
  );
}

const PROVIDER_PROBLEMS = ["oidc-refused", "oidc-denied", "oidc-role-unknown", "oidc-second-factor", "oidc-unavailable", "account-disabled", "last-admin"] as const;

/** What the identity provider's way back says went wrong; said once, then the address is clean. */
function ProviderProblem() {
  const { t } = useTranslation();
  const [slug] = useState(() => new URLSearchParams(window.location.search).get("sign-in-problem"));
  useEffect(() => {
    if (slug !== null) window.history.replaceState(null, "", window.location.pathname);
  }, [slug]);
  if (slug === null) return null;
  const known = PROVIDER_PROBLEMS.find((each) => each === slug) ?? "oidc-refused";
  return (
    <p className="problem-line" role="alert">
      {t(`signIn.providerProblem.${known}`)}
    </p>
  );
}

export function LanguageChoice() {
  const { t } = useTranslation();
  const language = useLanguage();
  return (
    <div className="language-choice" role="group" aria-label={t("ui.language")}>
      {LANGUAGES.map((code: Language) => (
        <button key={code} type="button" lang={code} className="link-button" aria-pressed={code === language} onClick={() => void changeLanguage(code)}>
          {LANGUAGE_NAMES[code]}
        </button>
      ))}
    </div>
  );
}
