import { useQuery } from "@tanstack/react-query";
import { ACCOUNTS_KEY, fetchAccounts } from "../api/accounts.ts";
import { useSession } from "../session/session.tsx";

interface PersonSelectProps {
  readonly label: string;
  /** An account id. */
  readonly value: string;
  /** What the empty choice is called. */
  readonly any: string;
  readonly isInvalid?: boolean;
  readonly onChange: (accountId: string) => void;
}

/** A member of staff, by name. */
export function PersonSelect({ label, value, any, isInvalid = false, onChange }: PersonSelectProps) {
  const { may } = useSession();
  const query = useQuery({ queryKey: ACCOUNTS_KEY, queryFn: fetchAccounts, enabled: may("seeAccounts"), staleTime: 60_000 });
  const accounts = query.data ?? [];
  const known = value === "" || accounts.some((account) => account.account_id === value);
  return (
    <label className="field">
      <span>{label}</span>
      <select className="input" value={value} aria-invalid={isInvalid} onChange={(event) => onChange(event.target.value)}>
        <option value="">{any}</option>
        {known ? null : <option value={value}>{value}</option>}
        {accounts.map((account) => (
          <option key={account.account_id} value={account.account_id}>
            {`${account.name} (${account.login})`}
          </option>
        ))}
      </select>
    </label>
  );
}
