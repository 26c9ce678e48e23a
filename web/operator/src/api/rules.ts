import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/gateway";
import { gateway } from "./client.ts";

type Schemas = components["schemas"];
export type AlertRule = Schemas["AlertRule"];
export type AlertRuleDraft = Schemas["AlertRuleDraft"];
export type QuietHours = AlertRule["quiet_hours"][number];
export type EscalationLevel = AlertRule["escalation"][number];
export type Webhook = Schemas["Webhook"];
export type WebhookDraft = Schemas["WebhookDraft"];
export type WebhookWithSecret = Schemas["WebhookWithSecret"];
export type Delivery = Schemas["Delivery"];

export const RULES_KEY = ["alert-rules"] as const;
export const WEBHOOKS_KEY = ["webhooks"] as const;
export const deliveriesKey = (webhookId: string) => ["webhooks", "deliveries", webhookId] as const;

export async function fetchRules(): Promise<AlertRule[]> {
  return (await answer(gateway.GET("/api/v1/alert-rules"))).items;
}
export const addRule = (body: AlertRuleDraft): Promise<AlertRule> => answer(gateway.POST("/api/v1/alert-rules", { body }));
export const changeRule = (ruleId: string, version: number, body: AlertRuleDraft): Promise<AlertRule> =>
  answer(gateway.PUT("/api/v1/alert-rules/{rule_id}", { params: { path: { rule_id: ruleId } }, body: { ...body, version } }));
export async function removeRule(ruleId: string, version: number): Promise<void> {
  await answer<unknown>(gateway.DELETE("/api/v1/alert-rules/{rule_id}", { params: { path: { rule_id: ruleId }, query: { version } } }));
}

const path = (webhookId: string) => ({ path: { webhook_id: webhookId } });

export async function fetchWebhooks(): Promise<Webhook[]> {
  return (await answer(gateway.GET("/api/v1/webhooks"))).items;
}
export const addWebhook = (body: WebhookDraft): Promise<WebhookWithSecret> => answer(gateway.POST("/api/v1/webhooks", { body }));
export const changeWebhook = (webhookId: string, version: number, body: WebhookDraft): Promise<Webhook> =>
  answer(gateway.PUT("/api/v1/webhooks/{webhook_id}", { params: path(webhookId), body: { ...body, version } }));
export async function removeWebhook(webhookId: string): Promise<void> {
  await answer<unknown>(gateway.DELETE("/api/v1/webhooks/{webhook_id}", { params: path(webhookId) }));
}
/** Sends one test fact now; gives what became of it. */
export const testWebhook = (webhookId: string): Promise<Delivery> => answer(gateway.POST("/api/v1/webhooks/{webhook_id}/test", { params: path(webhookId) }));
export const resumeWebhook = (webhookId: string): Promise<Webhook> => answer(gateway.POST("/api/v1/webhooks/{webhook_id}/resumption", { params: path(webhookId) }));
export const renewWebhookSecret = (webhookId: string): Promise<WebhookWithSecret> => answer(gateway.POST("/api/v1/webhooks/{webhook_id}/secret", { params: path(webhookId) }));
export async function fetchDeliveries(webhookId: string): Promise<Delivery[]> {
  return (await answer(gateway.GET("/api/v1/webhooks/{webhook_id}/deliveries", { params: { ...path(webhookId), query: { limit: 50 } } }))).items;
}
