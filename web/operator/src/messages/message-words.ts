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
] as const;

/** Why a message did not go; a provider's own code where there is no word for it. */
export function troubleWord(t: TFunction, cause: string): string {
  const known = CAUSES.find((each) => each === cause);
  return known === undefined ? cause.replaceAll("_", " ") : t(`messages.cause.${known}`);
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
