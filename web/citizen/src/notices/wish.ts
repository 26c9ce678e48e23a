import { type Language, SEVERITIES, type Severity } from "@hejnal/shared";
import type { Channel, Filter, Place, PushWish, Subscription } from "../api.ts";

/** Channels a resident can choose from. */
export const CHANNELS = ["push", "email", "sms"] as const;
export type WishChannel = (typeof CHANNELS)[number];

/** Most places of one wish (API). */
export const MOST_PLACES = 10;

/** What the page shows: which topic on which channels, and the same severity and places for all of them. */
export interface Wish {
  readonly topics: Readonly<Record<string, readonly WishChannel[]>>;
  readonly minSeverity: Severity;
  /** Places that matter; none: the whole town. */
  readonly places: readonly Place[];
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

function samePlace(one: Place, other: Place): boolean {
  return JSON.stringify(one.area) === JSON.stringify(other.area);
}

/** A subscription as the page shows it: the union of its filters, from the lowest severity any of them asks for. */
export function wishFrom(subscription: Pick<Subscription, "filters" | "quiet_hours" | "language">): Wish {
  const topics: Record<string, WishChannel[]> = {};
  const places: Place[] = [];
  for (const { categories, channels, places: own } of subscription.filters) {
    for (const category of categories) {
      const known = (topics[category] ??= []);
      for (const channel of channels) if (isWishChannel(channel) && !known.includes(channel)) known.push(channel);
    }
    for (const place of own) {
      if (place.area.kind !== "town" && !places.some((known) => samePlace(known, place))) places.push(place);
    }
  }
  const lowest = SEVERITIES.find((severity) => subscription.filters.some(({ min_severity: asked }) => asked === severity));
  // A filter without a place wants the whole town: the union of all is the town.
  const everywhere = subscription.filters.some(({ places: own }) => !own.length || own.some(({ area }) => area.kind === "town"));
  const quiet = subscription.quiet_hours;
  return {
    topics,
    minSeverity: lowest ?? "info",
    places: everywhere ? [] : places.slice(0, MOST_PLACES),
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
    places: [...wish.places],
    label: "",
  }));
}

/** What a browser without an account wants, out of the page's wish. */
export function pushWishOf(wish: Wish): PushWish {
  return {
    categories: categoriesOn(wish, "push"),
    min_severity: wish.minSeverity,
    places: [...wish.places],
    language: wish.language,
    quiet_hours: wish.quiet,
  };
}

/** The page's wish, out of what is stored for a browser without an account. */
export function wishOfBrowser({ categories, min_severity, places, language, quiet_hours }: PushWish): Wish {
  const filter: Filter = { categories, min_severity, places, channels: ["push"], label: "" };
  return wishFrom({ filters: [filter], language, quiet_hours: quiet_hours ?? null });
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
    places: [],
    quiet: { starts: "22:00", ends: "06:00" },
    language,
  };
}

export function categoriesOn(wish: Wish, channel: WishChannel): string[] {
  return Object.entries(wish.topics).flatMap(([category, channels]) => (channels.includes(channel) ? [category] : []));
}
