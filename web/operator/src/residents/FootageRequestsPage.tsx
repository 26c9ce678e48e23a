import { EmptyState } from "@hejnal/shared";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { FOOTAGE_REQUESTS_KEY, type FootageRequestRow, fetchFootageRequests } from "../api/footage-requests.ts";
import { PagedList } from "../ui/PagedList.tsx";
import { FootageRequestView } from "./FootageRequestView.tsx";
import { ResidentSections } from "./ResidentSections.tsx";
import "../reports/reports.css";

const SOON_DAYS = 7;

/** Who wants to see themselves on the town's footage, and how many days are left to answer. */
export function FootageRequestsPage({ requestId }: { readonly requestId: string | null }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(true);
  const query = useInfiniteQuery({
    queryKey: [...FOOTAGE_REQUESTS_KEY, "list", open],
    queryFn: ({ pageParam }) => fetchFootageRequests(open, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  return (
    <div className="split">
      <section className="split-list" aria-labelledby="footage-title">
        <ResidentSections />
        <header className="split-head">
          <h1 id="footage-title">{t("footage.title")}</h1>
          <ToggleButtonGroup className="segmented" aria-label={t("footage.which")} selectionMode="single" disallowEmptySelection selectedKeys={[open ? "open" : "answered"]} onSelectionChange={(keys) => setOpen(keys.has("open"))}>
            <ToggleButton id="open" className="segment">
              {t("footage.open")}
            </ToggleButton>
            <ToggleButton id="answered" className="segment">
              {t("footage.answered")}
            </ToggleButton>
          </ToggleButtonGroup>
        </header>
        <PagedList query={query} empty={<EmptyState icon="check" title={open ? t("footage.noneOpen") : t("footage.noneAnswered")} />}>
          {(requests) => (
            <ul className="cards">
              {requests.map((request) => (
                <Card key={request.id} request={request} isOpen={request.id === requestId} />
              ))}
            </ul>
          )}
        </PagedList>
      </section>
      <section className="split-detail" aria-label={t("footage.detail")}>
        {requestId === null ? <EmptyState icon="camera" title={t("footage.choose")} /> : <FootageRequestView key={requestId} requestId={requestId} />}
      </section>
    </div>
  );
}

function Card({ request, isOpen }: { readonly request: FootageRequestRow; readonly isOpen: boolean }) {
  const { t } = useTranslation();
  const pressing = request.state !== "answered" && request.days_left <= SOON_DAYS;
  return (
    <li>
      <Link href={`/footage-requests/${request.id}`} className={pressing ? "card card-fresh" : "card"} aria-current={isOpen ? "true" : undefined} data-request={request.reference}>
        <span className="card-head">
          <strong>{request.place}</strong>
          <span className="card-reference">{request.reference}</span>
        </span>
        <span className="card-foot">
          <span>{request.outcome === null ? t(`footage.state.${request.state}`) : t(`footage.outcome.${request.outcome}`)}</span>
          {request.state === "answered" ? null : <DaysLeft days={request.days_left} />}
          <span>{request.footage_secured ? t("footage.secured") : t("footage.notSecured")}</span>
        </span>
      </Link>
    </li>
  );
}

export function DaysLeft({ days }: { readonly days: number }) {
  const { t } = useTranslation();
  const words = days < 0 ? t("footage.late", { count: -days }) : t("footage.daysLeft", { count: days });
  return <span className={days <= SOON_DAYS ? "attention" : undefined}>{words}</span>;
}
