import { useTranslation } from "react-i18next";
import { type Role, ROLES } from "../session/roles.ts";

/** What somebody is there for, with what that lets them do. */
export function RoleField({ role, onChange }: { readonly role: Role; readonly onChange: (role: Role) => void }) {
  const { t } = useTranslation();
  return (
    <label className="field">
      <span>{t("accounts.role")}</span>
      <select className="input" value={role} onChange={(event) => onChange(ROLES.find((each) => each === event.target.value) ?? role)}>
        {ROLES.map((each) => (
          <option key={each} value={each}>
            {t(`role.${each}`)}
          </option>
        ))}
      </select>
      <span className="field-help">{t(`accounts.roleMeans.${role}`)}</span>
    </label>
  );
}
