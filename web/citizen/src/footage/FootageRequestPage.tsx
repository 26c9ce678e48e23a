import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { answer, asProblem, EmptyState, ErrorState, exactTime, Icon, localDate, localTime, Skeleton, useLanguage } from "@hejnal/shared";
import { Link } from "wouter";
import { Page } from "../app/Page.tsx";
import { api } from "../api.ts";
import { ownRequests } from "./own-requests.ts";

/** How a request for one's own footage stands. */
export default function FootageRequestPage({ id }: { readonly id: string }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const token = ownRequests().find((request) => request.id === id)?.token;
  const { data, error, refetch } = useQuery({
    queryKey: ["footage-request", id],
    queryFn: () =>
      answer(
        api.GET("/api/v1/footage-requests/{request_id}", {
          params: { path: { request_id: id } },
          headers: { Authorization: `Bearer ${token ?? ""}` },
        }),
      ),
    enabled: Boolean(token),
    refetchInterval: 60_000,
  });
  if (!token || (error && ["notFound", "unauthenticated"].includes(asProblem(error).kind))) {
    return (
      <Page title={t("footage.gone")} narrow>
        <EmptyState icon="search" title={t("footage.goneText")}>
          <Link href="/nagranie" className="button">
            {t("footage.title")}
          </Link>
        </EmptyState>
      </Page>
    );
  }
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton />;
  const state = data.state === "answered" && data.outcome ? t(`footage.outcome.${data.outcome}`) : t(`footage.state.${data.state}`);
  return (
    <Page
      title={t("footage.one", { reference: data.reference.replaceAll("-", "\u2011") })}
      narrow
      kicker={
        <Link href="/nagranie" className="back-link">
          <Icon name="back" />
          {t("footage.title")}
        </Link>
      }
    >
      <div className="standing">
        <strong>{state}</strong>
        {data.answer ? <p className="plain-text">{data.answer}</p> : null}
        {data.state === "answered" ? null : <p>{t("footage.due", { date: localDate(new Date(data.due_at), new Date(), language) })}</p>}
        {data.extended_reason ? <p>{t("footage.extended", { reason: data.extended_reason })}</p> : null}
        {data.footage_secured ? <p className="hint">{t("footage.secured")}</p> : null}
      </div>
      {data.state === "received" ? <p>{t("footage.nextSteps")}</p> : null}
      <dl className="facts">
        <div>
          <dt>{t("footage.field.place")}</dt>
          <dd>{data.place}</dd>
        </div>
        <div>
          <dt>{t("announcement.when")}</dt>
          <dd>
            {exactTime(new Date(data.from), language)} – {localTime(new Date(data.to), language)}
          </dd>
        </div>
        <div>
          <dt>{t("footage.handover")}</dt>
          <dd>{t(`footage.handovers.${data.handover}`)}</dd>
        </div>
      </dl>
    </Page>
  );
}
