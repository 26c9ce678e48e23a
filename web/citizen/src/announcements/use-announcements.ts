import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { answer, type LatLon } from "@hejnal/shared";
import { type AnnouncementSummary, api } from "../api.ts";
import { storedAt } from "../offline/connection.ts";

/** How far "near me" reaches, in metres. */
export const NEAR_M = 1000;
const REFRESH_MS = 60_000;
/** A cancelled notice stays on the first screen for this long: who read it wants to know that it is over. */
const CALLED_OFF_MS = 24 * 3_600_000;

export interface AnnouncementList {
  readonly items: readonly AnnouncementSummary[];
  /** Set when the list comes from this device's store. */
  readonly storedAt: Date | undefined;
}

/** Announcements around a place (null: of the whole town) in the chosen categories (none: all). */
export function useAnnouncements(near: LatLon | null, categories: readonly string[]) {
  return useQuery({
    queryKey: ["announcements", near?.lat, near?.lon, ...categories],
    queryFn: async (): Promise<AnnouncementList> => {
      let stored: Date | undefined;
      const page = await answer(
        api
          .GET("/api/v1/announcements", {
            params: {
              query: {
                limit: 50,
                ...(categories.length ? { category: [...categories] } : {}),
                ...(near ? { near: `${near.lat},${near.lon}`, radius_m: NEAR_M } : {}),
              },
            },
          })
          .then((outcome) => {
            stored = storedAt(outcome.response);
            return outcome;
          }),
      );
      return { items: page.items, storedAt: stored };
    },
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
}

/** One announcement with its history. */
export function useAnnouncement(id: string) {
  return useQuery({
    queryKey: ["announcement", id],
    queryFn: () => answer(api.GET("/api/v1/announcements/{announcement_id}", { params: { path: { announcement_id: id } } })),
    refetchInterval: REFRESH_MS,
  });
}

export interface Sections {
  readonly now: AnnouncementSummary[];
  readonly soon: AnnouncementSummary[];
  readonly calledOff: AnnouncementSummary[];
  readonly before: AnnouncementSummary[];
}

const WEIGHT = { emergency: 0, warning: 1, notice: 2, info: 3 } as const;

/** The first screen's sections; within "now" what matters most comes first, then what is newest. */
export function sections(items: readonly AnnouncementSummary[], now: Date): Sections {
  const split: Sections = { now: [], soon: [], calledOff: [], before: [] };
  for (const item of items) {
    if (item.state === "active") split.now.push(item);
    else if (item.state === "upcoming") split.soon.push(item);
    else if (item.state === "cancelled" && now.getTime() - Date.parse(item.updated_at) < CALLED_OFF_MS) split.calledOff.push(item);
    else split.before.push(item);
  }
  split.now.sort((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity] || b.updated_at.localeCompare(a.updated_at));
  split.soon.sort((a, b) => a.valid_from.localeCompare(b.valid_from));
  return split;
}
