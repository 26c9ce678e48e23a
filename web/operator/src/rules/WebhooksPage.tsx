import { EmptyState } from "@hejnal/shared";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { AlertSections } from "../alerts/AlertSections.tsx";
import { deliveriesKey, fetchWebhooks, removeWebhook, renewWebhookSecret, resumeWebhook, testWebhook, type Webhook, type WebhookWithSecret, WEBHOOKS_KEY } from "../api/rules.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { ConsoleDialog } from "../ui/ConsoleDialog.tsx";
import { Loaded } from "../ui/Loaded.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { momentWithSeconds } from "../words/console-words.ts";
import { useNowSeconds } from "../words/ticker.ts";
import { DeliveriesDialog } from "./DeliveriesDialog.tsx";
import { RemovalDialog } from "./RemovalDialog.tsx";
import { WebhookDialog } from "./WebhookDialog.tsx";
import "../accounts/accounts.css";
import "../alerts/alerts.css";

type Opened = { readonly what: "new" } | { readonly what: "edit" | "deliveries" | "removal"; readonly webhookId: string } | null;

/** Where alerts go besides this console: signed CloudEvents to other systems, and how that goes. */
export function WebhooksPage() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: WEBHOOKS_KEY, queryFn: fetchWebhooks, refetchInterval: 15_000 });
  const [opened, setOpened] = useState<Opened>(null);
  const [secret, setSecret] = useState<WebhookWithSecret | null>(null);
  const chosen = opened === null || opened.what === "new" ? undefined : query.data?.find((webhook) => webhook.webhook_id === opened.webhookId);
  const close = () => setOpened(null);
  return (
    <div className="page">
      <AlertSections />
      <header className="page-head">
        <h1>{t("alerts.room.webhooks")}</h1>
        <div className="page-tools">
          <Button className="button button-primary" onPress={() => setOpened({ what: "new" })}>
            {t("webhooks.add")}
          </Button>
        </div>
      </header>
      <p className="soft">{t("webhooks.means")}</p>
      <Loaded query={query} rows={3} empty={<EmptyState icon="forward" title={t("webhooks.none")} />}>
        {(webhooks) => (
          <ul className="cards">
            {webhooks.map((webhook) => (
              <WebhookCard key={webhook.webhook_id} webhook={webhook} onOpen={(what) => setOpened({ what, webhookId: webhook.webhook_id })} onSecret={setSecret} />
            ))}
          </ul>
        )}
      </Loaded>
      {opened?.what === "new" ? <WebhookDialog webhook={null} onClose={close} onMade={setSecret} /> : null}
      {chosen !== undefined && opened?.what === "edit" ? <WebhookDialog webhook={chosen} onClose={close} onMade={setSecret} /> : null}
      {chosen !== undefined && opened?.what === "deliveries" ? <DeliveriesDialog webhook={chosen} onClose={close} /> : null}
      {chosen !== undefined && opened?.what === "removal" ? <RemovalDialog name={chosen.name} means={t("webhooks.removeMeans")} list={WEBHOOKS_KEY} remove={() => removeWebhook(chosen.webhook_id)} onClose={close} /> : null}
      {secret === null ? null : (
        <ConsoleDialog title={t("webhooks.secretTitle", { name: secret.name })} isOpen onClose={() => setSecret(null)}>
          <p>{t("webhooks.secretOnce")}</p>
          <p className="once">
            <code className="secret">{secret.secret}</code>
          </p>
          <div className="form-actions">
            <Button className="button" onPress={() => void navigator.clipboard.writeText(secret.secret)}>
              {t("own.copy")}
            </Button>
          </div>
        </ConsoleDialog>
      )}
    </div>
  );
}

interface WebhookCardProps {
  readonly webhook: Webhook;
  readonly onOpen: (what: "edit" | "deliveries" | "removal") => void;
  readonly onSecret: (made: WebhookWithSecret) => void;
}

function WebhookCard({ webhook, onOpen, onSecret }: WebhookCardProps) {
  const { t } = useTranslation();
  const nowMs = useNowSeconds();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const known = () => {
    void queryClient.invalidateQueries({ queryKey: WEBHOOKS_KEY });
    void queryClient.invalidateQueries({ queryKey: deliveriesKey(webhook.webhook_id) });
  };
  const test = useMutation({ mutationFn: () => testWebhook(webhook.webhook_id), onSuccess: (delivery) => announce(t(`webhooks.state.${delivery.state}`)), onSettled: known });
  const resume = useMutation({ mutationFn: () => resumeWebhook(webhook.webhook_id), onSettled: known });
  const renew = useMutation({ mutationFn: () => renewWebhookSecret(webhook.webhook_id), onSuccess: onSecret, onSettled: known });
  return (
    <li className="card" data-webhook={webhook.webhook_id}>
      <span className="card-head">
        <strong>{webhook.name}</strong>
        {webhook.enabled ? null : <span className="tag">{t("rules.off")}</span>}
        {webhook.paused_at === null ? webhook.failing_since === null ? null : <span className="tag tag-fresh">{t("webhooks.failingSince", { moment: momentWithSeconds(Date.parse(webhook.failing_since), nowMs) })}</span> : <span className="tag tag-urgent">{t("webhooks.paused", { moment: momentWithSeconds(Date.parse(webhook.paused_at), nowMs) })}</span>}
      </span>
      <span className="webhook-url">{webhook.url}</span>
      <span className="card-foot">
        <span>{t("webhooks.wants", { severity: t(`severity.${webhook.min_severity}`, { ns: "shared" }), types: webhook.types.length === 0 ? t("webhooks.allTypes") : webhook.types.map((type) => t(`webhooks.type.${type.split(".")[1] as "raised"}`)).join(", ") })}</span>
        {webhook.waiting > 0 ? <span className="attention">{t("webhooks.waiting", { count: webhook.waiting })}</span> : null}
      </span>
      {webhook.paused_reason === "" ? null : <span className="attention">{webhook.paused_reason}</span>}
      {test.data === undefined ? null : (
        <p role="status">
          {t("webhooks.tested", { state: t(`webhooks.state.${test.data.state}`) })} {test.data.attempts.at(-1)?.error ?? ""}
        </p>
      )}
      <ProblemLine error={test.error ?? resume.error ?? renew.error} act="keepAlertRules" />
      <span className="form-actions">
        <Button className="button" isPending={test.isPending} onPress={() => test.mutate()}>
          {test.isPending ? t("webhooks.testing") : t("webhooks.test")}
        </Button>
        {webhook.paused_at === null ? null : (
          <Button className="button button-attention" isPending={resume.isPending} onPress={() => resume.mutate()}>
            {t("webhooks.resume")}
          </Button>
        )}
        <Button className="button" onPress={() => onOpen("deliveries")}>
          {t("webhooks.deliveries")}
        </Button>
        <Button className="button" onPress={() => onOpen("edit")}>
          {t("cameras.edit")}
        </Button>
        <Button className="button" isPending={renew.isPending} onPress={() => renew.mutate()}>
          {t("webhooks.newSecret")}
        </Button>
        <Button className="button" onPress={() => onOpen("removal")}>
          {t("cameras.remove")}
        </Button>
      </span>
    </li>
  );
}
