import type { TFunction } from "i18next";

const CHANNELS = ["push", "email", "sms", "webhook"] as const;

/** A channel as the staff calls it. */
export function channelWord(t: TFunction, channel: string): string {
  const known = CHANNELS.find((each) => each === channel);
  return known === undefined ? channel : t(`messages.channel.${known}`);
}

const CAUSES = [
  "busy",
  "connection_lost",
  "provider_error",
  "refuses_us",
  "throttled",
  "timeout",
  "too_late",
  "unanswered",
  "unreachable",
  "unreadable_answer",
  "bad_address",
  "bad_number",
  "blocked",
  "gave_up",
  "no_such_mailbox",
  "rejected",
  "subscription_gone",
  "over_budget",
  "modem_stuck",
  "modem_busy",
  "bad_push_keys",
  "push_key_withdrawn",
  "push_key_missing",
  "perhaps_renewing",
  "endpoint_refused",
  "no_secret",
  "not_for_webhooks",
  "too_large",
  "unknown",
] as const;

/** Why a message did not go; a provider's own code where there is no word for it. */
export function troubleWord(t: TFunction, cause: string): string {
  const known = CAUSES.find((each) => each === cause);
  return known === undefined ? cause.replaceAll("_", " ") : t(`messages.cause.${known}`);
}

/** Causes that somebody of the town can do something about, or that need nothing done; the others are the provider's. */
const TODOS = {
  bad_address: "contact",
  bad_number: "contact",
  blocked: "contact",
  no_such_mailbox: "contact",
  subscription_gone: "device",
  bad_push_keys: "device",
  push_key_withdrawn: "nothing",
  push_key_missing: "pushKey",
  perhaps_renewing: "nothing",
  endpoint_refused: "device",
  too_late: "late",
  gave_up: "late",
  over_budget: "budget",
  refuses_us: "account",
  no_secret: "account",
  modem_stuck: "modem",
  modem_busy: "modem",
  too_large: "shorten",
  not_for_webhooks: "nothing",
} as const satisfies Partial<Record<(typeof CAUSES)[number], string>>;

/** What somebody can do about messages that did not arrive for this cause. */
export function failureTodo(t: TFunction, cause: string): string {
  const known = (Object.keys(TODOS) as (keyof typeof TODOS)[]).find((each) => each === cause);
  return t(`messages.todo.${known === undefined ? "provider" : TODOS[known]}`);
}

const STATES = ["queued", "sending", "sent", "delivered", "failed", "expired", "cancelled", "unknown"] as const;

/** What became of a message. */
export function deliveryWord(t: TFunction, state: string): string {
  const known = STATES.find((each) => each === state);
  return known === undefined ? state : t(`messages.delivery.${known}`);
}

const MEANINGS = ["start", "stop", "report", "other"] as const;

/** What a resident's SMS was taken for. */
export function meaningWord(t: TFunction, meaning: string): string {
  const known = MEANINGS.find((each) => each === meaning);
  return known === undefined ? meaning : t(`messages.meaning.${known}`);
}
