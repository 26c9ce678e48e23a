import { asProblem } from "@hejnal/shared";
import { useMutation } from "@tanstack/react-query";
import { type SyntheticEvent, useEffect, useRef, useState } from "react";
import { Button, FieldError, Form, Input, Label, Text, TextField } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { openSession, type Staff } from "../api/session.ts";
import { SignInProblem } from "./SignInProblem.tsx";

/** Login, password, one-time code. Says what to do, never which of the three was wrong. */
export function PasswordForm({ onOpened }: { readonly onOpened: (staff: Staff) => Promise<void> }) {
  const { t } = useTranslation();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const codeInput = useRef<HTMLInputElement>(null);
  const loginInput = useRef<HTMLInputElement>(null);
  useEffect(() => loginInput.current?.focus(), []);
  const signIn = useMutation({
    mutationFn: openSession,
    onSuccess: onOpened,
    onError: () => {
      setCode("");
      codeInput.current?.focus();
    },
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    signIn.mutate({ login: login.trim(), password, code: code.replace(/\s/g, "") });
  };
  return (
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
      <TextField className="field" name="code" inputMode="numeric" autoComplete="one-time-code" isRequired pattern="\s*\d{3}\s*\d{3}\s*" maxLength={8} value={code} onChange={setCode}>
        <Label>{t("signIn.code")}</Label>
        <Input className="input input-code" ref={codeInput} />
        <Text slot="description" className="field-help">
          {t("signIn.codeHelp")}
        </Text>
        <FieldError className="field-error">{t("signIn.codeShape")}</FieldError>
      </TextField>
      {signIn.isError ? <SignInProblem problem={asProblem(signIn.error)} wrong={t("signIn.wrong")} /> : null}
      <Button type="submit" className="button button-primary" isPending={signIn.isPending}>
        {signIn.isPending ? t("signIn.checking") : t("signIn.submit")}
      </Button>
    </Form>
  );
}
