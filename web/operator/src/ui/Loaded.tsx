import { ErrorState, Skeleton } from "@hejnal/shared";
import type { ReactNode } from "react";

/** As much of a query as it takes to say how it stands. */
interface Question<Data> {
  readonly isPending: boolean;
  readonly data: Data | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}

interface LoadedProps<Data> {
  readonly query: Question<Data>;
  /** About how many rows there will be. */
  readonly rows?: number;
  /** Whether there is nothing to show, and what is said then. */
  readonly isEmpty?: (data: Data) => boolean;
  readonly empty?: ReactNode;
  readonly children: (data: Data) => ReactNode;
}

/** What has been asked for: its place while it comes, why it did not, that there is none, or itself. */
export function Loaded<Data>({ query, rows = 4, isEmpty = nothing, empty, children }: LoadedProps<Data>) {
  if (query.isPending) return <Skeleton rows={rows} />;
  if (query.data === undefined) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return <>{empty !== undefined && isEmpty(query.data) ? empty : children(query.data)}</>;
}

function nothing(data: unknown): boolean {
  return Array.isArray(data) && data.length === 0;
}
