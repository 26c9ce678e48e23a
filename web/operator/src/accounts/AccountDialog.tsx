import { asProblem } from "@hejnal/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { type Account, ACCOUNTS_KEY, changeAccount } from "../api/accounts.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { ConsoleDialog } from "../ui/ConsoleDialog.tsx";
import { Check, Field } from "../ui/Field.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { GroupsField } from "./GroupsField.tsx";
import { RoleField } from "./RoleField.tsx";

/** Name, role, cameras and whether it opens. The form keeps what it was opened with: a newer state is not overwritten. */
export function AccountDialog({ account, onClose }: { readonly account: Account; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [base] = useState(account);
  const [name, setName] = useState(base.name);
  const [role, setRole] = useState(base.role);
  const [groups, setGroups] = useState<readonly string[] | null>(base.camera_groups);
  const [enabled, setEnabled] = useState(base.enabled);
  const save = useMutation({
    mutationFn: () => changeAccount(base.account_id, base.version, { name: name.trim(), role, enabled, camera_groups: role === "admin" || role === "dpo" || groups === null ? null : [...groups] }),
    onSuccess: () => {
      announce(t("accounts.saved", { name }));
      onClose();
    },
    onSettled: () => void queryClient.invalidateQueries({ queryKey: ACCOUNTS_KEY }),
  });
  const slug = save.isError ? asProblem(save.error).slug : "";
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (name.trim() !== "") save.mutate();
  };
  return (
    <ConsoleDialog title={t("accounts.editTitle", { name: base.name })} isOpen onClose={onClose}>
      <form className="form" onSubmit={submit} noValidate>
        <Field label={t("accounts.name")} value={name} maxLength={120} fault={name.trim() === "" ? t("signIn.missing") : undefined} onChange={setName} />
        {base.provider === null ? <RoleField role={role} onChange={setRole} /> : <p className="field-help">{t("accounts.roleOfProvider", { role: t(`role.${role}`), provider: base.provider })}</p>}
        <GroupsField role={role} groups={groups} onChange={setGroups} />
        <Check checked={enabled} label={t("accounts.enabled")} help={t("accounts.enabledHelp")} onChange={setEnabled} />
        {slug === "last-admin" ? (
          <p className="problem-line" role="alert">
            {t("accounts.lastAdmin")}
          </p>
        ) : slug === "account-changed-meanwhile" ? (
          <p className="problem-line" role="alert">
            {t("accounts.changedMeanwhile")}
          </p>
        ) : (
          <ProblemLine error={save.error} act="keepAccounts" />
        )}
        <div className="form-actions">
          <Button type="submit" className="button button-primary" isPending={save.isPending}>
            {t("registry.save")}
          </Button>
          <Button className="button" onPress={onClose}>
            {t("ui.cancel")}
          </Button>
        </div>
      </form>
    </ConsoleDialog>
  );
}
