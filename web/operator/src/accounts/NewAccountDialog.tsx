import { asProblem } from "@hejnal/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ACCOUNTS_KEY, addAccount, type NewAccount } from "../api/accounts.ts";
import type { Role } from "../session/roles.ts";
import { Field } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { GroupsField } from "./GroupsField.tsx";
import { RoleField } from "./RoleField.tsx";

/** A new member of staff; they choose password and phone themselves behind a one-time link. */
export function NewAccountDialog({ onMade, onClose }: { readonly onMade: (made: NewAccount) => void; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [name, setName] = useState("");
  const [login, setLogin] = useState("");
  const [role, setRole] = useState<Role>("operator");
  const [groups, setGroups] = useState<readonly string[] | null>(null);
  const [shown, setShown] = useState(false);
  const bound = role !== "admin" && role !== "dpo";
  const add = useMutation({
    mutationFn: () => addAccount({ name: name.trim(), login: login.trim(), role, camera_groups: bound && groups !== null ? [...groups] : null }),
    onSuccess: (made) => {
      void queryClient.invalidateQueries({ queryKey: ACCOUNTS_KEY });
      onMade(made);
    },
  });
  const taken = add.isError && asProblem(add.error).slug === "login-taken";
  const submit = () => {
    setShown(true);
    if (name.trim() !== "" && login.trim() !== "") add.mutate();
  };
  return (
    <FormDialog
      title={t("accounts.newTitle")}
      submit={t("accounts.make")}
      pending={add.isPending}
      error={taken ? null : add.error}
      act="keepAccounts"
      onSubmit={submit}
      onClose={onClose}
    >
      {/* eslint-disable-next-line jsx-a11y/no-autofocus -- the dialog begins with its first field */}
      <Field label={t("accounts.name")} autoFocus autoComplete="off" value={name} maxLength={120} fault={shown && name.trim() === "" ? t("signIn.missing") : undefined} onChange={setName} />
      <Field label={t("signIn.login")} autoComplete="off" spellCheck="false" value={login} maxLength={120} fault={shown && login.trim() === "" ? t("signIn.missing") : taken ? t("accounts.loginTaken") : undefined} onChange={setLogin} />
      <RoleField role={role} onChange={setRole} />
      <GroupsField role={role} groups={groups} onChange={setGroups} />
    </FormDialog>
  );
}
