import { useTranslation } from "react-i18next";
import { useQuery } from "@tanstack/react-query";
import { answer, ErrorState, Skeleton, useLanguage } from "@hejnal/shared";
import { Link } from "wouter";
import { Page } from "../app/Page.tsx";
import { api, type AlarmSignalGuide } from "../api.ts";

type Signal = AlarmSignalGuide["signals"][number];

/** What the sirens mean and what to do: as words, and as a picture of the sound. */
export default function SirensPage() {
  const { t } = useTranslation();
  const language = useLanguage();
  const { data, error, refetch } = useQuery({
    queryKey: ["alarm-signals", language],
    queryFn: () => answer(api.GET("/api/v1/guides/alarm-signals", { params: { query: { language } } })),
    staleTime: 3_600_000,
  });
  return (
    <Page title={t("sirens.title")} narrow>
      {data ? (
        <>
          <p className="lead">{data.introduction}</p>
          {data.signals.map((signal) => (
            <SignalCard key={signal.code} signal={signal} />
          ))}
          <p className="hint">{data.legal_basis}</p>
        </>
      ) : error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton />
      )}
      <p>
        <Link href="/kontakty">{t("shell.contacts")}</Link>
      </p>
    </Page>
  );
}

function SignalCard({ signal }: { readonly signal: Signal }) {
  const { t } = useTranslation();
  return (
    <section className={`card signal signal-${signal.code}`} aria-labelledby={`signal-${signal.code}`}>
      <h2 id={`signal-${signal.code}`}>{signal.title}</h2>
      <svg className="signal-wave" viewBox="0 0 320 56" preserveAspectRatio="none" aria-hidden="true" focusable="false">
        <path d={signal.code === "alarm" ? risingAndFalling() : "M0 28H320"} fill="none" stroke="currentColor" strokeWidth="4" strokeLinecap="round" />
      </svg>
      <p>{signal.sound}</p>
      {signal.spoken ? (
        <p>
          <strong>{t("sirens.spoken")}</strong> „{signal.spoken}”
        </p>
      ) : null}
      {signal.what_to_do.length ? (
        <>
          <h3>{t("announcement.what")}</h3>
          <ol className="steps">
            {signal.what_to_do.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        </>
      ) : null}
    </section>
  );
}

/** The pitch of a modulated tone over time, as a curve. */
function risingAndFalling(): string {
  const waves = Array.from({ length: 8 }, (_, wave) => `S${wave * 40 + 10} ${wave % 2 ? 52 : 4} ${wave * 40 + 20} 28 S${wave * 40 + 30} ${wave % 2 ? 4 : 52} ${wave * 40 + 40} 28`);
  return `M0 28${waves.join("")}`;
}
