import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { fetchCameraGroups } from "../api/accounts.ts";
import type { Role } from "../session/roles.ts";
import { CheckChoice, RadioChoice } from "../ui/Choice.tsx";

/** Roles that answer for all cameras: groups do not bind them. */
const SEES_ALL: readonly Role[] = ["admin", "dpo"];

interface GroupsFieldProps {
  readonly role: Role;
  /** Null: every camera. */
  readonly groups: readonly string[] | null;
  readonly onChange: (groups: readonly string[] | null) => void;
}

/** Which cameras somebody knows of: all, or those of some groups. */
export function GroupsField({ role, groups, onChange }: GroupsFieldProps) {
  const { t } = useTranslation();
  const known = useQuery({ queryKey: ["camera-groups"], queryFn: fetchCameraGroups });
  if (SEES_ALL.includes(role)) return <p className="field-help">{t("accounts.seesAll")}</p>;
  const names = [...new Set([...(known.data ?? []).map((group) => group.name), ...(groups ?? [])])].sort((a, b) => a.localeCompare(b, "pl"));
  const count = (name: string) => known.data?.find((group) => group.name === name)?.cameras ?? 0;
  return (
    <>
      <RadioChoice
        legend={t("accounts.sees")}
        options={[
          { value: "all", label: t("accounts.allCameras") },
          { value: "some", label: t("accounts.someGroups") },
        ]}
        value={groups === null ? "all" : "some"}
        onChange={(which) => onChange(which === "all" ? null : [])}
      />
      {groups === null ? null : names.length === 0 ? (
        <p className="field-help">{t("accounts.noGroups")}</p>
      ) : (
        <CheckChoice legend={t("registry.groups")} options={names.map((name) => ({ value: name, label: t("accounts.group", { name, count: count(name) }) }))} values={groups} onChange={onChange} />
      )}
    </>
  );
}
