import { Component, Suspense, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Skeleton } from "@hejnal/shared";

interface MapBoundaryProps {
  readonly children: ReactNode;
}

/**
 * Around every map: while its code is on its way a skeleton, and where that never comes (no connection) one sentence, for
 * the list beside it says the same. Without it a missing map would take the whole page along.
 */
export class MapBoundary extends Component<MapBoundaryProps, { readonly failed: boolean }> {
  override readonly state = { failed: false };

  static getDerivedStateFromError(): { readonly failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    return this.state.failed ? <NoMap /> : <Suspense fallback={<Skeleton rows={1} />}>{this.props.children}</Suspense>;
  }
}

function NoMap() {
  const { t } = useTranslation("shared");
  return <p className="notice-box">{t("map.failed")}</p>;
}
