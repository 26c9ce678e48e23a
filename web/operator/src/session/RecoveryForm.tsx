import { asProblem } from "@hejnal/shared";
import { useMutation } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";
import { Button, Form } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { openByRecoveryCode, type Staff } from "../api/session.ts";
import { Field } from "../ui/Field.tsx";
import { SignInProblem } from "./SignInProblem.tsx";

/** The way in without the phone: one of the codes that were shown when the account was set up. */
export function RecoveryForm({ onOpened, onBack }: { readonly onOpened: (staff: Staff) => Promise<void>; readonly onBack: () => void }) {
  const { t } = useTranslation();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [shown, setShown] = useState(false);
  const open = useMutation({ mutationFn: openByRecoveryCode, onSuccess: onOpened });
  const missing = (value: string) => (shown && value.trim() === "" ? t("signIn.missing") : undefined);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setShown(true);
    if (login.trim() !== "" && password !== "" && code.trim() !== "") open.mutate({ login: login.trim(), password, recovery_code: code.trim() });
  };
  return (
    <Form className="form" onSubmit={submit} validationBehavior="aria">
      <p>{t("signIn.recoveryIntro")}</p>
      {/* eslint-disable-next-line jsx-a11y/no-autofocus -- the person has just asked for this form */}
      <Field label={t("signIn.login")} autoFocus autoComplete="username" value={login} maxLength={120} fault={missing(login)} onChange={setLogin} />
      <Field label={t("signIn.password")} type="password" autoComplete="current-password" value={password} maxLength={200} fault={missing(password)} onChange={setPassword} />
      <Field label={t("signIn.recoveryCode")} autoComplete="off" spellCheck="false" value={code} maxLength={40} fault={missing(code)} onChange={setCode} />
      {open.isError ? <SignInProblem problem={asProblem(open.error)} wrong={t("signIn.recoveryWrong")} /> : null}
      <Button type="submit" className="button button-primary" isPending={open.isPending}>
        {open.isPending ? t("signIn.checking") : t("signIn.submit")}
      </Button>
      <button type="button" className="link-button" onClick={onBack}>
        {t("signIn.withPhone")}
      </button>
    </Form>
  );
}
