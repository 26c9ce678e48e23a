import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { addView, changeView, fetchViews, removeView, VIEWS_KEY, type WallView, type WallViewDraft } from "../api/views.ts";

const NONE: readonly WallView[] = [];

/** The saved views of the wall. The wall works without them. */
export function useViews() {
  const queryClient = useQueryClient();
  const query = useQuery({ queryKey: VIEWS_KEY, queryFn: fetchViews, staleTime: 30_000 });
  const settled = { onSettled: () => queryClient.invalidateQueries({ queryKey: VIEWS_KEY }) };
  const save = useMutation({
    mutationFn: ({ view, draft }: { readonly view: WallView | null; readonly draft: WallViewDraft }) =>
      view === null ? addView(draft) : changeView(view.view_id, view.version, draft),
    ...settled,
  });
  const remove = useMutation({ mutationFn: (view: WallView) => removeView(view.view_id), ...settled });
  return { views: query.data ?? NONE, error: query.error, save, remove };
}

/** The view with that number: one's own before another's. */
export function viewOf(views: readonly WallView[], number: number): WallView | null {
  const same = views.filter((view) => view.number === number);
  return same.find((view) => view.own) ?? same[0] ?? null;
}

/** The lowest number nobody uses. */
export function freeNumber(views: readonly WallView[]): number {
  const taken = new Set(views.map((view) => view.number));
  return Array.from({ length: 99 }, (_, index) => index + 1).find((number) => !taken.has(number)) ?? 99;
}
