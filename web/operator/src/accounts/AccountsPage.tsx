import { EmptyState } from "@hejnal/shared";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button, Input, Label, SearchField } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { type Account, ACCOUNTS_KEY, fetchAccounts, type SetUpLink } from "../api/accounts.ts";
import { DataTable } from "../ui/DataTable.tsx";
import { Loaded } from "../ui/Loaded.tsx";
import { momentWithSeconds } from "../words/console-words.ts";
import { useNowSeconds } from "../words/ticker.ts";
import { AccountDialog } from "./AccountDialog.tsx";
import { ResetDialog, SessionsDialog } from "./AccountDialogs.tsx";
import { NewAccountDialog } from "./NewAccountDialog.tsx";
import { SetUpLinkDialog } from "./SetUpLinkDialog.tsx";
import "./accounts.css";

type Opened = { readonly what: "edit" | "reset" | "sessions"; readonly accountId: string } | { readonly what: "new" } | null;

/** Everybody who can sign in: their role, what they see, how they get in. */
export function AccountsPage() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ACCOUNTS_KEY, queryFn: fetchAccounts });
  const [opened, setOpened] = useState<Opened>(null);
  const [link, setLink] = useState<{ readonly name: string; readonly link: SetUpLink } | null>(null);
  const [search, setSearch] = useState("");
  const accounts = query.data ?? [];
  const shown = accounts.filter((account) => `${account.name} ${account.login} ${t(`role.${account.role}`)}`.toLocaleLowerCase("pl").includes(search.trim().toLocaleLowerCase("pl")));
  const chosen = opened === null || opened.what === "new" ? undefined : accounts.find((account) => account.account_id === opened.accountId);
  const close = () => setOpened(null);
  return (
    <div className="page">
      <header className="page-head">
        <h1>{t("nav.accounts")}</h1>
        <SearchField className="field" value={search} onChange={setSearch}>
          <Label className="visually-hidden">{t("accounts.search")}</Label>
          <Input className="input" placeholder={t("accounts.search")} />
        </SearchField>
        <div className="page-tools">
          <Button className="button button-primary" onPress={() => setOpened({ what: "new" })}>
            {t("accounts.add")}
          </Button>
        </div>
      </header>
      <Loaded query={query} rows={5} isEmpty={() => shown.length === 0} empty={<EmptyState icon="person" title={t("accounts.none")} />}>
        {() => <Table accounts={shown} onOpen={(what, accountId) => setOpened({ what, accountId })} />}
      </Loaded>
      {opened?.what === "new" ? (
        <NewAccountDialog
          onClose={close}
          onMade={(made) => {
            close();
            setLink({ name: made.account.name, link: made.set_up });
          }}
        />
      ) : null}
      {chosen !== undefined && opened?.what === "edit" ? <AccountDialog account={chosen} onClose={close} /> : null}
      {chosen !== undefined && opened?.what === "sessions" ? <SessionsDialog account={chosen} onClose={close} /> : null}
      {chosen !== undefined && opened?.what === "reset" ? (
        <ResetDialog
          account={chosen}
          onClose={close}
          onReset={(made) => {
            close();
            setLink({ name: chosen.name, link: made });
          }}
        />
      ) : null}
      {link === null ? null : <SetUpLinkDialog name={link.name} link={link.link} onClose={() => setLink(null)} />}
    </div>
  );
}

function Table({ accounts, onOpen }: { readonly accounts: readonly Account[]; readonly onOpen: (what: "edit" | "reset" | "sessions", accountId: string) => void }) {
  const { t } = useTranslation();
  const nowMs = useNowSeconds();
  return (
    <DataTable caption={t("nav.accounts")} columns={[t("accounts.person"), t("accounts.role"), t("accounts.sees"), t("accounts.wayIn"), t("accounts.lastSignIn")]} actions>
      {accounts.map((account) => (
        <tr key={account.account_id} data-account={account.login} className={account.enabled ? undefined : "account-off"}>
          <th scope="row">
            {account.name}
            <span className="soft cell-line">{account.login}</span>
          </th>
          <td>
            {t(`role.${account.role}`)}
            {account.enabled ? null : <span className="attention cell-line">{t("accounts.off")}</span>}
          </td>
          <td>{account.camera_groups === null ? t("accounts.allCameras") : account.camera_groups.length === 0 ? t("accounts.noCameras") : account.camera_groups.join(", ")}</td>
          <td>
            <WayIn account={account} />
          </td>
          <td>{account.last_signed_in_at === null ? t("accounts.never") : momentWithSeconds(Date.parse(account.last_signed_in_at), nowMs)}</td>
          <td className="cell-actions">
            {(["edit", "sessions", "reset"] as const).map((what) => (
              <button key={what} type="button" className="link-button" onClick={() => onOpen(what, account.account_id)}>
                {t(`accounts.${what}`)}
                <span className="visually-hidden">, {account.name}</span>
              </button>
            ))}
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

function WayIn({ account }: { readonly account: Account }) {
  const { t } = useTranslation();
  const nowMs = useNowSeconds();
  const waiting = account.set_up_until;
  if (waiting !== null) {
    const left = Date.parse(waiting) > nowMs;
    return <span className="attention">{left ? t("accounts.waitsUntil", { moment: momentWithSeconds(Date.parse(waiting), nowMs) }) : t("accounts.linkOver")}</span>;
  }
  const ways = [
    account.provider ?? "",
    account.has_password ? t("accounts.byPassword") : "",
    account.passkeys > 0 ? t("accounts.byPasskeys", { count: account.passkeys }) : "",
  ].filter((way) => way !== "");
  return <>{ways.length === 0 ? <span className="attention">{t("accounts.noWay")}</span> : ways.join(", ")}</>;
}
