import { asProblem } from "@hejnal/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Alert, type AlertOutcome, fetchAlert } from "../api/alerts.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { type AlertAct, perform } from "./use-alert-actions.ts";
import { applyAlert } from "./use-alerts.ts";

export type GroupAct = { readonly act: "acknowledge" } | { readonly act: "assign"; readonly to: string } | { readonly act: "resolve"; readonly outcome: AlertOutcome; readonly note: string };

/** So many are on their way at once. */
const TOGETHER = 4;

/** Does the same to many alerts. One that somebody else took meanwhile is left to them; the first real failure ends it and is told. */
export function useGroupActions() {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const announce = useAnnounce();
  const [done, setDone] = useState(0);
  const mutation = useMutation({
    mutationFn: async ({ alerts, act }: { readonly alerts: readonly Alert[]; readonly act: GroupAct }) => {
      setDone(0);
      const left = [...alerts];
      let taken = 0;
      const one = async () => {
        for (let alert = left.shift(); alert !== undefined; alert = left.shift()) {
          const wish: AlertAct = { ...act, alert };
          try {
            applyAlert(queryClient, await perform(wish));
          } catch (error) {
            if (asProblem(error).kind !== "conflict") {
              left.length = 0;
              throw error;
            }
            taken += 1;
            applyAlert(queryClient, await fetchAlert(alert.alert_id));
          }
          setDone((before) => before + 1);
        }
      };
      await Promise.all(Array.from({ length: TOGETHER }, one));
      return { count: alerts.length - taken, taken };
    },
    onSuccess: ({ count, taken }) => announce(taken === 0 ? t("alerts.group.done", { count }) : t("alerts.group.doneBut", { count, taken })),
  });
  return { run: mutation.mutate, pending: mutation.isPending, done, error: mutation.error };
}
