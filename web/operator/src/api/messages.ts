import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/notifier";
import { messages } from "./client.ts";

type Schemas = components["schemas"];
export type ChannelState = Schemas["ChannelState"];
export type ProviderState = Schemas["ProviderState"];
export type Statement = Schemas["Statement"];
export type ChannelStatement = Schemas["ChannelStatement"];
export type InboundPage = Schemas["InboundPage"];
export type InboundMessage = Schemas["InboundMessage"];

export const PROVIDERS_KEY = ["messages", "providers"] as const;
export const INBOUND_KEY = ["messages", "inbound"] as const;
export const statementKey = (month: string) => ["messages", "statement", month] as const;

export const fetchProviders = async (): Promise<readonly ChannelState[]> => (await answer(messages.GET("/api/v1/messages/providers"))).channels;
/** `month`: `2026-11`. */
export const fetchStatement = (month: string): Promise<Statement> => answer(messages.GET("/api/v1/messages/statements/{month}", { params: { path: { month } } }));
export const fetchInbound = (before: string | null): Promise<InboundPage> => answer(messages.GET("/api/v1/messages/inbound-messages", { params: { query: before === null ? {} : { before } } }));
