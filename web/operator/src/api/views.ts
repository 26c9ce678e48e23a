import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/gateway";
import { gateway } from "./client.ts";

export type WallView = components["schemas"]["WallView"];
export type WallViewDraft = components["schemas"]["WallViewDraft"];

export const VIEWS_KEY = ["wall-views"] as const;

/** One's own views, and those shared with one's role. */
export async function fetchViews(): Promise<readonly WallView[]> {
  return (await answer(gateway.GET("/api/v1/account/views"))).items;
}

export function addView(body: WallViewDraft): Promise<WallView> {
  return answer(gateway.POST("/api/v1/account/views", { body }));
}

export function changeView(viewId: string, version: number, draft: WallViewDraft): Promise<WallView> {
  return answer(gateway.PUT("/api/v1/account/views/{view_id}", { params: { path: { view_id: viewId } }, body: { ...draft, version } }));
}

export async function removeView(viewId: string): Promise<void> {
  await answer(gateway.DELETE("/api/v1/account/views/{view_id}", { params: { path: { view_id: viewId } } }));
}
