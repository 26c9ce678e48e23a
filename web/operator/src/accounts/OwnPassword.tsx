import { asProblem } from "@hejnal/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { changePassword } from "../api/own-account.ts";
import { PASSWORD_LEAST, usePasswordProblem } from "../session/password-problem.ts";
import { SESSION_KEY } from "../session/session.tsx";
import { useAnnounce } from "../shell/Announcer.tsx";
import { Field } from "../ui/Field.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";

/** From one password to another; the other sessions of the account end. */
export function OwnPassword() {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const words = usePasswordProblem();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const [shown, setShown] = useState(false);
  const change = useMutation({
    mutationFn: () => changePassword(current, next),
    onSuccess: () => {
      announce(t("own.passwordChanged"));
      setCurrent("");
      setNext("");
      setAgain("");
      setShown(false);
      void queryClient.invalidateQueries({ queryKey: SESSION_KEY });
    },
  });
  const problem = change.isError ? asProblem(change.error) : null;
  const short = next.length < PASSWORD_LEAST;
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setShown(true);
    if (current !== "" && !short && next === again) change.mutate();
  };
  const wrong = problem?.slug === "password-wrong" ? words(problem) : null;
  const weak = problem !== null && problem.slug !== "password-wrong" ? words(problem) : null;
  return (
    <form className="fieldset" onSubmit={submit} noValidate aria-labelledby="own-password">
      <h2 id="own-password">{t("signIn.password")}</h2>
      <Field label={t("own.currentPassword")} type="password" autoComplete="current-password" value={current} maxLength={200} fault={shown && current === "" ? t("signIn.missing") : (wrong ?? undefined)} onChange={setCurrent} />
      <Field label={t("own.newPassword")} type="password" autoComplete="new-password" help={t("own.passwordHelp")} value={next} maxLength={200} fault={shown && short ? t("own.problem.password-short") : (weak ?? undefined)} onChange={setNext} />
      <Field label={t("own.againPassword")} type="password" autoComplete="new-password" value={again} maxLength={200} fault={shown && again !== next ? t("own.notSame") : undefined} onChange={setAgain} />
      {wrong === null && weak === null ? <ProblemLine error={problem} /> : null}
      {change.isSuccess ? <p role="status">{t("own.passwordChanged")}</p> : null}
      <div className="form-actions">
        <Button type="submit" className="button button-primary" isPending={change.isPending}>
          {t("own.changePassword")}
        </Button>
      </div>
    </form>
  );
}
