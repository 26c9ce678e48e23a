import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { ACCOUNTS_KEY, fetchAccounts } from "../api/accounts.ts";
import { useSession } from "../session/session.tsx";

/** Names of members of staff by account id. Whoever may not list accounts sees their own name; other ids stay as they are. */
export function useNames(): (accountId: string) => string {
  const { staff, may } = useSession();
  const query = useQuery({ queryKey: ACCOUNTS_KEY, queryFn: fetchAccounts, enabled: may("seeAccounts"), staleTime: 60_000 });
  const accounts = query.data;
  return useCallback(
    (accountId) => {
      if (accountId === staff.account_id) return staff.name;
      return accounts?.find((account) => account.account_id === accountId)?.name ?? accountId;
    },
    [accounts, staff],
  );
}
