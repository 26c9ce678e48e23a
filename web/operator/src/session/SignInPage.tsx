import { asProblem, type Language, LANGUAGES, LANGUAGE_NAMES, Logo, changeLanguage, type Problem, useLanguage, waitWords } from "@hejnal/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useEffect, useRef, useState } from "react";
import { Button, FieldError, Form, Input, Label, Text, TextField } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { openSession } from "../api/session.ts";
import { SESSION_KEY } from "./session.tsx";

/** Login, password, one-time code. Says what to do, never which of the three was wrong. */
export function SignInPage({ ended }: { readonly ended: boolean }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const codeInput = useRef<HTMLInputElement>(null);
  const loginInput = useRef<HTMLInputElement>(null);
  useEffect(() => loginInput.current?.focus(), []);
  const signIn = useMutation({
    mutationFn: openSession,
    onSuccess: async (staff) => {
      queryClient.setQueryData(SESSION_KEY, staff);
      await queryClient.invalidateQueries({ predicate: (query) => query.queryKey[0] !== SESSION_KEY[0] });
    },
    onError: () => {
      setCode("");
      codeInput.current?.focus();
    },
  });
  const problem = signIn.isError ? asProblem(signIn.error) : null;

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    signIn.mutate({ login: login.trim(), password, code: code.replace(/\s/g, "") });
  };

  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <div className="sign-in-brand">
          <Logo size="2.5rem" />
          <div>
            <h1>{t("brand", { ns: "shared" })}</h1>
            <p className="soft">{t("signIn.place")}</p>
          </div>
        </div>
        {ended ? (
          <p className="sign-in-ended" role="status">
            {t("signIn.ended")}
          </p>
        ) : null}
        <Form className="form" onSubmit={submit}>
          <TextField className="field" name="username" autoComplete="username" isRequired value={login} onChange={setLogin}>
            <Label>{t("signIn.login")}</Label>
            <Input className="input" autoCapitalize="none" spellCheck={false} ref={loginInput} />
            <FieldError className="field-error">{t("signIn.missing")}</FieldError>
          </TextField>
          <TextField className="field" name="password" type="password" autoComplete="current-password" isRequired value={password} onChange={setPassword}>
            <Label>{t("signIn.password")}</Label>
            <Input className="input" />
            <FieldError className="field-error">{t("signIn.missing")}</FieldError>
          </TextField>
          <TextField
            className="field"
            name="code"
            inputMode="numeric"
            autoComplete="one-time-code"
            isRequired
            pattern="\s*\d{3}\s*\d{3}\s*"
            maxLength={8}
            value={code}
            onChange={setCode}
          >
            <Label>{t("signIn.code")}</Label>
            <Input className="input input-code" ref={codeInput} />
            <Text slot="description" className="field-help">
              {t("signIn.codeHelp")}
            </Text>
            <FieldError className="field-error">{t("signIn.codeShape")}</FieldError>
          </TextField>
          {problem === null ? null : <SignInProblem problem={problem} />}
          <Button type="submit" className="button button-primary" isPending={signIn.isPending}>
            {signIn.isPending ? t("signIn.checking") : t("signIn.submit")}
          </Button>
        </Form>
        <LanguageChoice />
      </div>
    </main>
  );
}

function SignInProblem({ problem }: { readonly problem: Problem }) {
  const { t } = useTranslation();
  const { t: shared } = useTranslation("shared");
  const left = useCountdown(problem);
  const text =
    problem.kind === "unauthenticated"
      ? t("signIn.wrong")
      : problem.kind === "rateLimited"
        ? left > 0
          ? t("signIn.locked", { wait: waitWords(shared, left) })
          : t("signIn.lockOver")
        : problem.kind === "offline"
          ? t("signIn.offline")
          : t("signIn.unavailable");
  return (
    <p className="problem-line" role="alert">
      {text}
    </p>
  );
}

/** Whole seconds until the gateway lets one try again. */
function useCountdown(problem: Problem): number {
  const [left, setLeft] = useState(problem.retryAfterS ?? 0);
  useEffect(() => {
    const until = Date.now() + (problem.retryAfterS ?? 0) * 1_000;
    const show = () => {
      setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1_000)));
    };
    show();
    const timer = setInterval(show, 1_000);
    return () => clearInterval(timer);
  }, [problem]);
  return left;
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
