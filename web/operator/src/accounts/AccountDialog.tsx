import { asProblem } from "@hejnal/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Account, ACCOUNTS_KEY, changeAccount } from "../api/accounts.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { Check, Field } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
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
  const submit = () => {
    if (name.trim() !== "") save.mutate();
  };
  return (
    <FormDialog
      title={t("accounts.editTitle", { name: base.name })}
      submit={t("registry.save")}
      pending={save.isPending}
      error={save.error}
      act="keepAccounts"
      problem={slug === "last-admin" ? t("accounts.lastAdmin") : slug === "account-changed-meanwhile" ? t("accounts.changedMeanwhile") : null}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field label={t("accounts.name")} value={name} maxLength={120} fault={name.trim() === "" ? t("signIn.missing") : undefined} onChange={setName} />
      {base.provider === null ? <RoleField role={role} onChange={setRole} /> : <p className="field-help">{t("accounts.roleOfProvider", { role: t(`role.${role}`), provider: base.provider })}</p>}
      <GroupsField role={role} groups={groups} onChange={setGroups} />
      <Check checked={enabled} label={t("accounts.enabled")} help={t("accounts.enabledHelp")} onChange={setEnabled} />
    </FormDialog>
  );
}
