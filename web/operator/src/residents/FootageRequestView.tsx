import { exactTime, useLanguage } from "@hejnal/shared";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { useNames } from "../accounts/use-names.ts";
import { type FootageRequest, FOOTAGE_REQUESTS_KEY, fetchFootageRequest } from "../api/footage-requests.ts";
import { playbackPath } from "../playback/start-time.ts";
import { Loaded } from "../ui/Loaded.tsx";
import { AnswerDialog, ExtendDialog, HandOverDialog, IdentityDialog } from "./FootageDialogs.tsx";
import { DaysLeft } from "./FootageRequestsPage.tsx";

type Asked = "identity" | "handOver" | "extend" | "answer" | null;

/** One request: who asks, for what, what has been done, and what is next. */
export function FootageRequestView({ requestId }: { readonly requestId: string }) {
  const query = useQuery({ queryKey: [...FOOTAGE_REQUESTS_KEY, "one", requestId], queryFn: () => fetchFootageRequest(requestId) });
  return <Loaded query={query}>{(request) => <Opened request={request} />}</Loaded>;
}

function Opened({ request }: { readonly request: FootageRequest }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const name = useNames();
  const [asked, setAsked] = useState<Asked>(null);
  const exact = (at: string) => exactTime(new Date(at), language);
  const open = request.state !== "answered";
  const close = () => setAsked(null);
  const facts: [string, React.ReactNode][] = [
    [t("footage.who"), `${request.name}, ${request.contact}`],
    [t("footage.place"), request.camera_id === null ? request.place : <Link href={playbackPath(request.camera_id, Date.parse(request.from))}>{request.place}</Link>],
    [t("footage.span"), `${exact(request.from)} – ${exact(request.to)}`],
    [t("footage.looksLike"), request.description],
    [t("footage.handover"), t(`footage.handovers.${request.handover}`)],
    [t("footage.due"), exact(request.due_at)],
    ...(request.extended_reason === "" ? [] : ([[t("footage.extended"), request.extended_reason]] as [string, React.ReactNode][])),
    [t("footage.identity"), request.identity_way === "" ? t("footage.identityOpen") : t(`footage.way.${request.identity_way as "in_person"}`)],
    [t("footage.kept"), [request.hold_id, request.export_id].filter((id) => id !== "").join(", ") || t("footage.notSecured")],
    ...(request.outcome === null ? [] : ([[t("footage.result"), `${t(`footage.outcome.${request.outcome}`)}: ${request.answer}`]] as [string, React.ReactNode][])),
  ];
  return (
    <article className="report">
      <header className="report-head">
        <p className="soft">{request.reference}</p>
        <h2>{t("footage.one")}</h2>
        {open ? <DaysLeft days={request.days_left} /> : null}
      </header>
      {open ? (
        <div className="form-actions">
          {request.state === "received" ? (
            <Button className="button button-primary" onPress={() => setAsked("identity")}>
              {t("footage.do.identity")}
            </Button>
          ) : null}
          <Button className="button" onPress={() => setAsked("handOver")}>
            {t("footage.do.handOver")}
          </Button>
          {request.extended_reason === "" ? (
            <Button className="button" onPress={() => setAsked("extend")}>
              {t("footage.do.extend")}
            </Button>
          ) : null}
          <Button className={request.state === "received" ? "button" : "button button-primary"} onPress={() => setAsked("answer")}>
            {t("footage.do.answer")}
          </Button>
        </div>
      ) : null}
      <dl className="facts">
        {facts.map(([word, value]) => (
          <Fact key={word} word={word}>
            {value}
          </Fact>
        ))}
      </dl>
      <section>
        <h3>{t("reports.story")}</h3>
        <ol className="story">
          {request.history.map((event) => (
            <li key={`${event.kind} ${event.at}`}>
              <span className="story-when">
                <time dateTime={event.at}>{exact(event.at)}</time>
              </span>
              <span>
                {t(`footage.event.${event.kind}`)}
                {event.note === "" ? null : <span className="story-answer">{event.note}</span>}
                {event.by === "" ? null : <span className="soft cell-line">{name(event.by)}</span>}
              </span>
            </li>
          ))}
        </ol>
      </section>
      {asked === "identity" ? <IdentityDialog request={request} onClose={close} /> : null}
      {asked === "handOver" ? <HandOverDialog request={request} onClose={close} /> : null}
      {asked === "extend" ? <ExtendDialog request={request} onClose={close} /> : null}
      {asked === "answer" ? <AnswerDialog request={request} onClose={close} /> : null}
    </article>
  );
}

function Fact({ word, children }: { readonly word: string; readonly children: React.ReactNode }) {
  return (
    <>
      <dt>{word}</dt>
      <dd>{children}</dd>
    </>
  );
}
