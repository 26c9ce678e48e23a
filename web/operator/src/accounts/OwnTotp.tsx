import { asProblem } from "@hejnal/shared";
import { useMutation } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { beginTotp, confirmTotp } from "../api/own-account.ts";
import { AuthenticatorCode } from "../session/AuthenticatorCode.tsx";
import { useAnnounce } from "../shell/Announcer.tsx";
import { Field } from "../ui/Field.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { PasswordProof } from "./PasswordProof.tsx";

/** Another phone: the old app counts until a code of the new one is confirmed. */
export function OwnTotp() {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const [asking, setAsking] = useState(false);
  const [code, setCode] = useState("");
  const [shown, setShown] = useState(false);
  const begin = useMutation({ mutationFn: beginTotp });
  const confirm = useMutation({
    mutationFn: confirmTotp,
    onSuccess: () => {
      announce(t("own.totpDone"));
      begin.reset();
      setAsking(false);
      setCode("");
    },
  });
  const problem = confirm.isError ? asProblem(confirm.error) : null;
  const shaped = /^\s*\d{3}\s*\d{3}\s*$/.test(code);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setShown(true);
    if (shaped) confirm.mutate(code.replace(/\s/g, ""));
  };
  return (
    <section className="fieldset" aria-labelledby="own-totp">
      <h2 id="own-totp">{t("own.totp")}</h2>
      {begin.data !== undefined ? (
        <form className="form" onSubmit={submit} noValidate>
          <AuthenticatorCode uri={begin.data.totp_uri} secret={begin.data.totp_secret} />
          <Field label={t("signIn.code")} inputMode="numeric" autoComplete="one-time-code" value={code} maxLength={8} fault={shown && !shaped ? t("signIn.codeShape") : problem?.slug === "code-wrong" ? t("own.problem.code-wrong") : undefined} onChange={setCode} />
          {problem === null || problem.slug === "code-wrong" ? null : <ProblemLine error={problem} />}
          <div className="form-actions">
            <Button type="submit" className="button button-primary" isPending={confirm.isPending}>
              {t("own.totpConfirm")}
            </Button>
            <Button
              className="button"
              onPress={() => {
                begin.reset();
                setAsking(false);
              }}
            >
              {t("ui.cancel")}
            </Button>
          </div>
        </form>
      ) : asking ? (
        <PasswordProof submit={t("own.totpBegin")} pending={begin.isPending} error={begin.error} onPassword={(password) => begin.mutate(password)} onCancel={() => setAsking(false)} />
      ) : (
        <>
          <p className="soft">{t("own.totpHelp")}</p>
          {confirm.isSuccess ? <p role="status">{t("own.totpDone")}</p> : null}
          <div className="form-actions">
            <Button className="button" onPress={() => setAsking(true)}>
              {t("own.totpNew")}
            </Button>
          </div>
        </>
      )}
    </section>
  );
}
