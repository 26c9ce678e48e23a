import { asProblem } from "@hejnal/shared";
import { type ReactNode, type SyntheticEvent, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { usePasswordProblem } from "../session/password-problem.ts";
import { PasskeyDeclined } from "../session/webauthn.ts";
import { Field } from "../ui/Field.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";

interface PasswordProofProps {
  readonly submit: string;
  readonly pending: boolean;
  readonly error: unknown;
  readonly children?: ReactNode;
  readonly onPassword: (password: string) => void;
  readonly onCancel: () => void;
}

/** The password once more, before something that guards the account changes. */
export function PasswordProof({ submit, pending, error, children, onPassword, onCancel }: PasswordProofProps) {
  const { t } = useTranslation();
  const words = usePasswordProblem();
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const problem = error === null || error === undefined || error instanceof PasskeyDeclined ? null : asProblem(error);
  const wrong = words(problem);
  const send = (event: SyntheticEvent) => {
    event.preventDefault();
    setShown(true);
    if (password !== "") onPassword(password);
  };
  return (
    <form className="form" onSubmit={send} noValidate>
      {children}
      <Field label={t("own.currentPassword")} type="password" autoComplete="current-password" value={password} maxLength={200} fault={shown && password === "" ? t("signIn.missing") : (wrong ?? undefined)} onChange={setPassword} />
      {error instanceof PasskeyDeclined ? (
        <p className="problem-line" role="alert">
          {t("signIn.passkeyDeclined")}
        </p>
      ) : wrong === null ? (
        <ProblemLine error={problem} />
      ) : null}
      <div className="form-actions">
        <Button type="submit" className="button button-primary" isPending={pending}>
          {submit}
        </Button>
        <Button className="button" onPress={onCancel}>
          {t("ui.cancel")}
        </Button>
      </div>
    </form>
  );
}
