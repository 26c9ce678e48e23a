import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "@hejnal/shared";
import { Link } from "wouter";
import { Page } from "../app/Page.tsx";
import type { ReportAccepted } from "../api.ts";
import { useTown } from "../town/use-town.ts";

/** The address that opens a report without an account. */
function followUrl(report: ReportAccepted): string {
  return new URL(`/zgloszenia/${report.id}?token=${encodeURIComponent(report.follow_token ?? "")}`, window.location.origin).href;
}

/** It has arrived: its number, what happens next, and how to follow it. */
export function SentPage({ report }: { readonly report: ReportAccepted }) {
  const { t } = useTranslation();
  const { data: town } = useTown();
  const [copied, setCopied] = useState(false);
  const category = town?.report_categories.find(({ code }) => code === report.category);
  const url = followUrl(report);

  return (
    <Page title={t("report.sent.title")} narrow>
      <div className="sent-card">
        <Icon name="check" size="2.5rem" />
        <p>
          <span>{t("report.sent.reference")}</span>
          <strong className="reference">{report.reference}</strong>
        </p>
      </div>
      <h2>{t("report.sent.next")}</h2>
      <p>
        {category ? t("report.sent.nextText", { unit: category.unit }) : null} {category?.urgent ? t("report.sent.nextUrgent") : null}
      </p>
      <div className="actions">
        <Link href={`/zgloszenia/${report.id}`} className="button-primary">
          {t("report.sent.follow")}
        </Link>
        <Link href="/zglos" className="button">
          {t("report.sent.another")}
        </Link>
      </div>
      {report.follow_token ? (
        <section className="list-section">
          <h2>{t("report.sent.link")}</h2>
          <p className="hint">{t("report.sent.linkHelp")}</p>
          <div className="actions">
            {"share" in navigator ? (
              <button type="button" className="button" onClick={() => void navigator.share({ title: report.reference, url }).catch(() => undefined)}>
                {t("report.sent.share")}
              </button>
            ) : null}
            <button type="button" className="button" onClick={() => void navigator.clipboard.writeText(url).then(() => setCopied(true))}>
              {t("report.sent.copy")}
            </button>
          </div>
          <p role="status">{copied ? t("report.sent.copied") : ""}</p>
        </section>
      ) : null}
    </Page>
  );
}

/** There is no connection: it waits here. */
export function QueuedPage() {
  const { t } = useTranslation();
  return (
    <Page title={t("report.queued.title")} narrow>
      <div className="sent-card">
        <Icon name="clock" size="2.5rem" />
        <p>{t("report.queued.text")}</p>
      </div>
      <Link href="/" className="button">
        {t("shell.backHome")}
      </Link>
    </Page>
  );
}
