import { EmptyState } from "@hejnal/shared";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { deliveriesKey, fetchDeliveries, type Webhook } from "../api/rules.ts";
import { ConsoleDialog } from "../ui/ConsoleDialog.tsx";
import { DataTable } from "../ui/DataTable.tsx";
import { Loaded } from "../ui/Loaded.tsx";
import { momentWithSeconds } from "../words/console-words.ts";
import { useNowSeconds } from "../words/ticker.ts";

/** What was sent lately, with every try's answer. */
export function DeliveriesDialog({ webhook, onClose }: { readonly webhook: Webhook; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const nowMs = useNowSeconds();
  const query = useQuery({ queryKey: deliveriesKey(webhook.webhook_id), queryFn: () => fetchDeliveries(webhook.webhook_id), refetchInterval: 5_000 });
  return (
    <ConsoleDialog title={t("webhooks.deliveriesOf", { name: webhook.name })} isOpen onClose={onClose} width="wide">
      <Loaded query={query} rows={3} empty={<EmptyState icon="forward" title={t("webhooks.nothingSent")} />}>
        {(deliveries) => (
          <DataTable caption={t("webhooks.deliveriesOf", { name: webhook.name })} columns={[t("audit.column.at"), t("webhooks.fact"), t("webhooks.outcome"), t("webhooks.tries")]}>
            {deliveries.map((delivery) => (
              <tr key={delivery.delivery_id}>
                <td>{momentWithSeconds(Date.parse(delivery.made_at), nowMs)}</td>
                <td>{delivery.type}</td>
                <td className={delivery.state === "failed" || delivery.state === "expired" ? "attention" : undefined}>
                  {t(`webhooks.state.${delivery.state}`)}
                  {delivery.next_at === null ? null : <span className="soft cell-line">{t("webhooks.nextTry", { moment: momentWithSeconds(Date.parse(delivery.next_at), nowMs) })}</span>}
                </td>
                <td>
                  {delivery.attempts.map((attempt) => (
                    <span key={attempt.at} className="cell-line">
                      {momentWithSeconds(Date.parse(attempt.at), nowMs)} {attempt.status ?? ""} {attempt.error}
                    </span>
                  ))}
                </td>
              </tr>
            ))}
          </DataTable>
        )}
      </Loaded>
    </ConsoleDialog>
  );
}
