import { asProblem } from "@hejnal/shared";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { type Account, ACCOUNTS_KEY, accountSessionsKey, endSessionsOf, fetchSessionsOf, resetAccount, type SetUpLink } from "../api/accounts.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { ConsoleDialog } from "../ui/ConsoleDialog.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { Loaded } from "../ui/Loaded.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { SessionTable } from "./SessionTable.tsx";

interface AccountDialogProps {
  readonly account: Account;
  readonly onClose: () => void;
}

/** Lets somebody in who has lost what they sign in with: everything old is forgotten, a one-time link is made. */
export function ResetDialog({ account, onReset, onClose }: AccountDialogProps & { readonly onReset: (link: SetUpLink) => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const reset = useMutation({
    mutationFn: () => resetAccount(account.account_id),
    onSuccess: (link) => {
      void queryClient.invalidateQueries({ queryKey: ACCOUNTS_KEY });
      onReset(link);
    },
  });
  const slug = reset.isError ? asProblem(reset.error).slug : "";
  return (
    <FormDialog
      title={t("accounts.resetTitle", { name: account.name })}
      submit={t("accounts.resetDo")}
      grave
      pending={reset.isPending}
      error={reset.error}
      act="keepAccounts"
      problem={slug === "last-admin" ? t("accounts.lastAdmin") : slug === "account-of-provider" ? t("accounts.ofProvider") : null}
      onSubmit={() => reset.mutate()}
      onClose={onClose}
    >
      <p>{t("accounts.resetMeans")}</p>
    </FormDialog>
  );
}

/** Where somebody is signed in, and the end of all of it. */
export function SessionsDialog({ account, onClose }: AccountDialogProps) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const key = accountSessionsKey(account.account_id);
  const query = useQuery({ queryKey: key, queryFn: () => fetchSessionsOf(account.account_id) });
  const end = useMutation({
    mutationFn: () => endSessionsOf(account.account_id),
    onSuccess: () => announce(t("own.ended")),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: key }),
  });
  return (
    <ConsoleDialog title={t("accounts.sessionsTitle", { name: account.name })} isOpen onClose={onClose} width="wide">
      <Loaded query={query} rows={2}>
        {(sessions) => (
          <>
            <SessionTable sessions={sessions} />
            <ProblemLine error={end.error} act="keepAccounts" />
            {sessions.length === 0 ? null : (
              <div className="form-actions">
                <Button className="button button-attention" isPending={end.isPending} onPress={() => end.mutate()}>
                  {t("accounts.endAll")}
                </Button>
              </div>
            )}
          </>
        )}
      </Loaded>
    </ConsoleDialog>
  );
}
