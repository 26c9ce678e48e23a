import type { ReactNode } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Loaded } from "./Loaded.tsx";

/** As much of an infinite query as it takes to show it. */
interface PagedQuery<Item> {
  readonly isPending: boolean;
  readonly data: { readonly pages: readonly { readonly items: readonly Item[] }[] } | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly fetchNextPage: () => unknown;
}

interface PagedListProps<Item> {
  readonly query: PagedQuery<Item>;
  readonly rows?: number;
  readonly empty: ReactNode;
  readonly children: (items: readonly Item[]) => ReactNode;
}

/** A list that goes on further back when asked. */
export function PagedList<Item>({ query, rows = 4, empty, children }: PagedListProps<Item>) {
  const { t } = useTranslation();
  const { isPending, error, refetch } = query;
  const items = query.data?.pages.flatMap((page) => page.items);
  return (
    <>
      <Loaded query={{ isPending, data: items, error, refetch }} rows={rows} empty={empty}>
        {children}
      </Loaded>
      {query.hasNextPage ? (
        <Button className="button" isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          {t("ui.older")}
        </Button>
      ) : null}
    </>
  );
}
