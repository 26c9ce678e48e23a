import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { addPasskey, fetchPasskeys, PASSKEYS_KEY, removePasskey } from "../api/own-account.ts";
import { fetchMethods, METHODS_KEY } from "../api/session.ts";
import { SESSION_KEY } from "../session/session.tsx";
import { passkeysPossible } from "../session/webauthn.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { Field } from "../ui/Field.tsx";
import { Loaded } from "../ui/Loaded.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { momentWithSeconds } from "../words/console-words.ts";
import { useNowSeconds } from "../words/ticker.ts";
import { PasswordProof } from "./PasswordProof.tsx";
import { browserWords } from "./SessionTable.tsx";

/** Keys on devices and sticks that sign in by finger, face or PIN. */
export function OwnPasskeys() {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const nowMs = useNowSeconds();
  const queryClient = useQueryClient();
  const query = useQuery({ queryKey: PASSKEYS_KEY, queryFn: fetchPasskeys });
  const methods = useQuery({ queryKey: METHODS_KEY, queryFn: fetchMethods, staleTime: Infinity }).data;
  const [adding, setAdding] = useState(false);
  const [name, setName] = useState(() => browserWords(navigator.userAgent));
  const known = () => {
    void queryClient.invalidateQueries({ queryKey: PASSKEYS_KEY });
    void queryClient.invalidateQueries({ queryKey: SESSION_KEY });
  };
  const add = useMutation({
    mutationFn: (password: string) => addPasskey(name.trim() === "" ? browserWords(navigator.userAgent) : name.trim(), password),
    onSuccess: () => {
      setAdding(false);
      announce(t("own.passkeyAdded"));
      known();
    },
  });
  const remove = useMutation({ mutationFn: removePasskey, onSuccess: () => announce(t("own.passkeyRemoved")), onSettled: known });
  const possible = methods?.passkey === true && passkeysPossible();
  return (
    <section className="fieldset" aria-labelledby="own-passkeys">
      <h2 id="own-passkeys">{t("own.passkeys")}</h2>
      <p className="soft">{possible ? t("own.passkeysHelp") : t("own.passkeysNot")}</p>
      <Loaded query={query} rows={1}>
        {(keys) => (
          <ul className="near">
            {keys.map((key) => (
              <li key={key.passkey_id}>
                <span className="near-name">
                  {key.name}
                  <span className="soft">
                    {key.last_used_at === null ? t("own.neverUsed") : t("own.lastUsed", { moment: momentWithSeconds(Date.parse(key.last_used_at), nowMs) })}
                    {key.backed_up ? `, ${t("own.backedUp")}` : null}
                  </span>
                </span>
                <button type="button" className="link-button" onClick={() => remove.mutate(key.passkey_id)}>
                  {t("own.passkeyRemove")}
                  <span className="visually-hidden">, {key.name}</span>
                </button>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <ProblemLine error={remove.error} />
      {!possible ? null : adding ? (
        <PasswordProof submit={t("own.passkeyAdd")} pending={add.isPending} error={add.error} onPassword={(password) => add.mutate(password)} onCancel={() => setAdding(false)}>
          <Field label={t("own.passkeyName")} value={name} maxLength={80} onChange={setName} />
        </PasswordProof>
      ) : (
        <div className="form-actions">
          <Button className="button" onPress={() => setAdding(true)}>
            {t("own.passkeyAdd")}
          </Button>
        </div>
      )}
    </section>
  );
}
