import { asProblem, ErrorState, Skeleton } from "@hejnal/shared";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";
import { Button, Form } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { completeSetUp, inspectSetUp, type SetUp, type SetUpDone } from "../api/session.ts";
import { Field } from "../ui/Field.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { AuthenticatorCode } from "./AuthenticatorCode.tsx";
import { PASSWORD_LEAST, usePasswordProblem } from "./password-problem.ts";
import { RecoveryCodes } from "./RecoveryCodes.tsx";
import "../accounts/accounts.css";
import { Brand, LanguageChoice, useOpened } from "./SignInPage.tsx";

/** The page behind a one-time link: the person chooses a password and enrols their phone, then is signed in. */
export function SetUpPage({ onDone }: { readonly onDone: () => void }) {
  const { t } = useTranslation();
  // The token stands behind the # and so never reaches a server's log; it is read once.
  const [token] = useState(() => window.location.hash.slice(1));
  const [done, setDone] = useState<SetUpDone | null>(null);
  const query = useQuery({ queryKey: ["set-up", token], queryFn: () => inspectSetUp(token), retry: false, staleTime: Infinity, enabled: token !== "" && done === null });
  const gone = token === "" || (query.isError && asProblem(query.error).kind === "notFound");
  return (
    <main className="sign-in">
      <div className="sign-in-card sign-in-wide">
        <Brand />
        {done !== null ? (
          <Finished done={done} onDone={onDone} />
        ) : gone ? (
          <p className="problem-line" role="alert">
            {t("setUp.gone")}
          </p>
        ) : query.isPending ? (
          <Skeleton />
        ) : query.data === undefined ? (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <SetUpForm token={token} setUp={query.data} onDone={setDone} />
        )}
        <LanguageChoice />
      </div>
    </main>
  );
}

function SetUpForm({ token, setUp, onDone }: { readonly token: string; readonly setUp: SetUp; readonly onDone: (done: SetUpDone) => void }) {
  const { t } = useTranslation();
  const first = setUp.login === null;
  const [login, setLogin] = useState(setUp.login ?? "");
  const [name, setName] = useState(setUp.name ?? "");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [shown, setShown] = useState(false);
  const passwordProblem = usePasswordProblem();
  const complete = useMutation({
    mutationFn: () => completeSetUp({ token, password, code: code.replace(/\s/g, ""), ...(first ? { login: login.trim(), name: name.trim() } : {}) }),
    onSuccess: onDone,
  });
  const problem = complete.isError ? asProblem(complete.error) : null;
  const short = password.length < PASSWORD_LEAST;
  const codeShape = /^\s*\d{3}\s*\d{3}\s*$/.test(code);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setShown(true);
    if (!short && codeShape && (!first || (login.trim() !== "" && name.trim() !== ""))) complete.mutate();
  };
  const uri = setUp.totp_uri ?? `otpauth://totp/Hejna%C5%82:${encodeURIComponent(login.trim() || "admin")}?secret=${setUp.totp_secret}&issuer=Hejna%C5%82`;
  return (
    <Form className="form" onSubmit={submit} validationBehavior="aria">
      <h2>{t("setUp.title")}</h2>
      <p>{first ? t("setUp.first") : t("setUp.for", { name: setUp.name ?? "", login: setUp.login ?? "", role: t(`role.${setUp.role}`) })}</p>
      {first ? (
        <>
          <Field label={t("signIn.login")} autoComplete="username" value={login} maxLength={120} fault={shown && login.trim() === "" ? t("signIn.missing") : undefined} onChange={setLogin} />
          <Field label={t("accounts.name")} autoComplete="name" value={name} maxLength={120} fault={shown && name.trim() === "" ? t("signIn.missing") : undefined} onChange={setName} />
        </>
      ) : null}
      <Field
        label={t("own.newPassword")}
        type="password"
        autoComplete="new-password"
        help={t("own.passwordHelp")}
        value={password}
        maxLength={200}
        fault={shown && short ? t("own.problem.password-short") : (passwordProblem(problem) ?? undefined)}
        onChange={setPassword}
      />
      <AuthenticatorCode uri={uri} secret={setUp.totp_secret} />
      <Field
        label={t("signIn.code")}
        inputMode="numeric"
        autoComplete="one-time-code"
        value={code}
        maxLength={8}
        fault={shown && !codeShape ? t("signIn.codeShape") : problem?.slug === "code-wrong" ? t("own.problem.code-wrong") : undefined}
        onChange={setCode}
      />
      {problem !== null && problem.slug !== "code-wrong" && passwordProblem(problem) === null ? (
        problem.kind === "notFound" ? (
          <p className="problem-line" role="alert">
            {t("setUp.gone")}
          </p>
        ) : (
          <ProblemLine error={problem} />
        )
      ) : null}
      <Button type="submit" className="button button-primary" isPending={complete.isPending}>
        {complete.isPending ? t("signIn.checking") : t("setUp.finish")}
      </Button>
    </Form>
  );
}

function Finished({ done, onDone }: { readonly done: SetUpDone; readonly onDone: () => void }) {
  const { t } = useTranslation();
  const opened = useOpened();
  return (
    <>
      <RecoveryCodes codes={done.recovery_codes} />
      <Button
        className="button button-primary"
        onPress={() => {
          onDone();
          void opened(done.session);
        }}
      >
        {t("setUp.kept")}
      </Button>
    </>
  );
}
