import { EmptyState } from "@hejnal/shared";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useNames } from "../accounts/use-names.ts";
import { fetchKeys, makeKey, type Open311Key, type Open311KeyMade, OPEN311_KEYS_KEY, revokeKey } from "../api/open311.ts";
import { ReportSections } from "../reports/ReportSections.tsx";
import { useAnnounce } from "../shell/Announcer.tsx";
import { ConsoleDialog } from "../ui/ConsoleDialog.tsx";
import { DataTable } from "../ui/DataTable.tsx";
import { Check, Field } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { Loaded } from "../ui/Loaded.tsx";
import { exact } from "../words/console-words.ts";
import "../accounts/accounts.css";
import "../styles/town-desk.css";

/** Which other programs may send and read reports (Open311), what each may do, and when it was last here. */
export function KeysPage() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: OPEN311_KEYS_KEY, queryFn: fetchKeys });
  const [asked, setAsked] = useState<"new" | Open311Key | null>(null);
  const [made, setMade] = useState<Open311KeyMade | null>(null);
  const close = () => setAsked(null);
  return (
    <div className="page">
      <ReportSections />
      <header className="page-head">
        <h1>{t("open311.keys")}</h1>
        <div className="page-tools">
          <Button className="button button-primary" onPress={() => setAsked("new")}>
            {t("open311.newKey")}
          </Button>
        </div>
      </header>
      <p className="soft page-text">{t("open311.keysHelp")}</p>
      <Loaded query={query} rows={3} empty={<EmptyState icon="forward" title={t("open311.noKeys")} />}>
        {(keys) => <Keys keys={keys} onRevoke={setAsked} />}
      </Loaded>
      {asked === "new" ? <NewKeyDialog onClose={close} onMade={setMade} /> : null}
      {asked !== null && asked !== "new" ? <RevokeDialog apiKey={asked} onClose={close} /> : null}
      {made === null ? null : <KeyDialog made={made} onClose={() => setMade(null)} />}
    </div>
  );
}

function Keys({ keys, onRevoke }: { readonly keys: readonly Open311Key[]; readonly onRevoke: (key: Open311Key) => void }) {
  const { t } = useTranslation();
  const name = useNames();
  return (
    <DataTable caption={t("open311.keys")} columns={[t("open311.program"), t("open311.key"), t("open311.may"), t("open311.made"), t("open311.lastUsed")]} actions>
      {keys.map((key) => (
        <tr key={key.id} data-key={key.id}>
          <th scope="row">{key.label}</th>
          <td>
            <code>…{key.hint}</code>
          </td>
          <td>
            {[t("open311.maySend"), ...(key.may_read ? [t("open311.mayRead")] : []), ...(key.may_update ? [t("open311.mayUpdate")] : [])].map((words) => (
              <span key={words} className="cell-line">
                {words}
              </span>
            ))}
          </td>
          <td>
            {exact(Date.parse(key.created_at))}
            <span className="soft cell-line">{name(key.created_by)}</span>
          </td>
          <td>{key.last_used_at === null ? <span className="soft">{t("open311.never")}</span> : exact(Date.parse(key.last_used_at))}</td>
          <td className="cell-actions">
            {key.revoked_at === null ? (
              <Button className="link-button" aria-label={t("open311.revokeOf", { label: key.label })} onPress={() => onRevoke(key)}>
                {t("open311.revoke")}
              </Button>
            ) : (
              <span className="soft">{t("open311.revokedAt", { when: exact(Date.parse(key.revoked_at)) })}</span>
            )}
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

function NewKeyDialog({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: (made: Open311KeyMade) => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [label, setLabel] = useState("");
  const [mayRead, setMayRead] = useState(false);
  const [mayUpdate, setMayUpdate] = useState(false);
  const [shown, setShown] = useState(false);
  const make = useMutation({
    mutationFn: () => makeKey({ label: label.trim(), may_read: mayRead, may_update: mayUpdate }),
    onSuccess: (made) => {
      onClose();
      onMade(made);
    },
    onSettled: () => void queryClient.invalidateQueries({ queryKey: OPEN311_KEYS_KEY }),
  });
  const empty = label.trim() === "";
  return (
    <FormDialog
      title={t("open311.newKey")}
      submit={t("open311.make")}
      pending={make.isPending}
      error={make.error}
      act="keepOpen311"
      onSubmit={() => {
        setShown(true);
        if (!empty) make.mutate();
      }}
      onClose={onClose}
    >
      <Field label={t("open311.program")} help={t("open311.programHelp")} value={label} maxLength={120} fault={shown && empty ? t("open311.programMissing") : undefined} onChange={setLabel} />
      <p>{t("open311.sendsAnyway")}</p>
      <Check checked={mayRead} label={t("open311.mayRead")} help={t("open311.mayReadHelp")} onChange={setMayRead} />
      <Check checked={mayUpdate} label={t("open311.mayUpdate")} help={t("open311.mayUpdateHelp")} onChange={setMayUpdate} />
    </FormDialog>
  );
}

/** The key itself, this once: only its hash is kept. */
function KeyDialog({ made, onClose }: { readonly made: Open311KeyMade; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  return (
    <ConsoleDialog title={t("open311.keyOf", { label: made.label })} isOpen onClose={onClose}>
      <p>{t("open311.shownOnce")}</p>
      <p className="once">
        <code className="secret">{made.api_key}</code>
      </p>
      <div className="form-actions">
        <Button className="button" onPress={() => void navigator.clipboard.writeText(made.api_key).then(() => setCopied(true))}>
          {copied ? t("own.copied") : t("own.copy")}
        </Button>
        <Button className="button button-primary" onPress={onClose}>
          {t("open311.handedOver")}
        </Button>
      </div>
    </ConsoleDialog>
  );
}

function RevokeDialog({ apiKey, onClose }: { readonly apiKey: Open311Key; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => revokeKey(apiKey.id),
    onSuccess: () => {
      announce(t("open311.revoked", { label: apiKey.label }));
      onClose();
    },
    onSettled: () => void queryClient.invalidateQueries({ queryKey: OPEN311_KEYS_KEY }),
  });
  return (
    <FormDialog title={t("open311.revokeTitle", { label: apiKey.label })} submit={t("open311.revoke")} grave pending={revoke.isPending} error={revoke.error} act="keepOpen311" onSubmit={() => revoke.mutate()} onClose={onClose}>
      <p>{t("open311.revokeMeans")}</p>
    </FormDialog>
  );
}
