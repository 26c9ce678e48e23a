import { type Language, SEVERITIES, type Severity } from "@hejnal/shared";
import type { Area, Channel, Filter, Subscription } from "../api.ts";

/** Channels a resident can choose from. */
export const CHANNELS = ["push", "email", "sms"] as const;
export type WishChannel = (typeof CHANNELS)[number];

/** What the page shows: which topic on which channels, and the same severity and place for all of them. */
export interface Wish {
  readonly topics: Readonly<Record<string, readonly WishChannel[]>>;
  readonly minSeverity: Severity;
  readonly area: Area | null;
  /** The resident's name for the area. */
  readonly areaLabel: string;
  readonly quiet: { readonly starts: string; readonly ends: string } | null;
  readonly language: Language;
}

function isWishChannel(channel: Channel): channel is WishChannel {
  return channel !== "webhook";
}

/** Clock time as `<input type="time">` has it. */
function minutes(time: string): string {
  return time.slice(0, 5);
}

/** A subscription as the page shows it: the union of its filters, from the lowest severity any of them asks for. */
export function wishFrom(subscription: Pick<Subscription, "filters" | "quiet_hours" | "language">): Wish {
  const topics: Record<string, WishChannel[]> = {};
  for (const { categories, channels } of subscription.filters) {
    for (const category of categories) {
      const known = (topics[category] ??= []);
      for (const channel of channels) if (isWishChannel(channel) && !known.includes(channel)) known.push(channel);
    }
  }
  const lowest = SEVERITIES.find((severity) => subscription.filters.some(({ min_severity: asked }) => asked === severity));
  const placed = subscription.filters.find(({ area }) => area && area.kind !== "town");
  const quiet = subscription.quiet_hours;
  return {
    topics,
    minSeverity: lowest ?? "info",
    area: placed?.area ?? null,
    areaLabel: placed?.label ?? "",
    quiet: quiet ? { starts: minutes(quiet.starts), ends: minutes(quiet.ends) } : null,
    language: subscription.language,
  };
}

/** Topics with equal channels become one filter; topics without any are left out. */
export function filtersOf(wish: Wish): Filter[] {
  const groups = new Map<string, { categories: string[]; channels: WishChannel[] }>();
  for (const [category, chosen] of Object.entries(wish.topics)) {
    const channels = CHANNELS.filter((channel) => chosen.includes(channel));
    if (!channels.length) continue;
    const group = groups.get(channels.join()) ?? { categories: [], channels };
    group.categories.push(category);
    groups.set(channels.join(), group);
  }
  return [...groups.values()].map(({ categories, channels }) => ({
    categories,
    channels,
    min_severity: wish.minSeverity,
    area: wish.area,
    label: wish.areaLabel,
  }));
}

/** The same wish with one topic's channel switched. */
export function toggled(wish: Wish, category: string, channel: WishChannel): Wish {
  const chosen = wish.topics[category] ?? [];
  const next = chosen.includes(channel) ? chosen.filter((other) => other !== channel) : [...chosen, channel];
  return { ...wish, topics: { ...wish.topics, [category]: next } };
}

/** The same wish with one channel on (or off) for all topics. */
export function withChannel(wish: Wish, categories: readonly string[], channel: WishChannel, on: boolean): Wish {
  const topics = Object.fromEntries(
    categories.map((category) => {
      const others = (wish.topics[category] ?? []).filter((other) => other !== channel);
      return [category, on ? [...others, channel] : others];
    }),
  );
  return { ...wish, topics };
}

/** All topics on this device: what a newcomer most likely wants, and can narrow down. */
export function firstWish(categories: readonly string[], language: Language): Wish {
  return {
    topics: Object.fromEntries(categories.map((category) => [category, ["push" as const]])),
    minSeverity: "info",
    area: null,
    areaLabel: "",
    quiet: { starts: "22:00", ends: "06:00" },
    language,
  };
}

export function categoriesOn(wish: Wish, channel: WishChannel): string[] {
  return Object.entries(wish.topics).flatMap(([category, channels]) => (channels.includes(channel) ? [category] : []));
}
