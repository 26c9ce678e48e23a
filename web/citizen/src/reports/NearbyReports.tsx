import { useState, type SyntheticEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { answer, asProblem, Icon, type LatLon, useDateWords, useLanguage } from "@hejnal/shared";
import { Field } from "../app/fields.tsx";
import { useProblemSentence } from "../app/problem.ts";
import { api, type NearbyReport } from "../api.ts";
import { useMe } from "../residents/use-me.ts";
import { distanceWords } from "../town/distance.ts";
import { deviceName } from "./device.ts";
import { photoAddress } from "./photo-address.ts";
import { StatusBadge } from "./StatusBadge.tsx";

interface NearbyReportsProps {
  readonly place: LatLon | null;
  readonly category: string;
  /** Somebody has joined a report that was there: their own is not needed any more. */
  readonly onJoined: () => void;
}

const MOST = 3;

/** Open reports of the same kind close by, before another one is written: perhaps the town knows already. */
export function NearbyReports({ place, category, onJoined }: NearbyReportsProps) {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: ["reports-near", category, place?.lat, place?.lon],
    queryFn: () => answer(api.GET("/api/v1/reports/nearby", { params: { query: { category, lat: place?.lat ?? 0, lon: place?.lon ?? 0 } } })),
    enabled: place !== null,
  });
  if (!data?.items.length) return null;
  return (
    <section className="nearby" aria-labelledby="nearby-heading">
      <h2 id="nearby-heading" className="step-heading">
        {t("report.nearby.title")}
      </h2>
      <p className="hint">{t("report.nearby.lead")}</p>
      {/* eslint-disable-next-line jsx-a11y/no-redundant-roles -- a list without bullets is none to VoiceOver */}
      <ul className="cards" role="list">
        {data.items.slice(0, MOST).map((report) => (
          <NearbyCard key={report.id} report={report} onJoined={onJoined} />
        ))}
      </ul>
    </section>
  );
}

function NearbyCard({ report, onJoined }: { readonly report: NearbyReport; readonly onJoined: () => void }) {
  const { t } = useTranslation();
  const dates = useDateWords();
  const language = useLanguage();
  const sentence = useProblemSentence();
  const { data: me } = useMe();
  const [joining, setJoining] = useState(false);
  const [contact, setContact] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const [joined, setJoined] = useState<{ readonly count: number; readonly told: boolean } | null>(null);

  const join = async (event?: SyntheticEvent) => {
    event?.preventDefault();
    if (busy) return;
    setBusy(true);
    setFailure("");
    try {
      const { me_too: count, told } = await answer(
        api.POST("/api/v1/reports/{report_id}/me-too", {
          params: { path: { report_id: report.id } },
          body: { device: deviceName(), contact: contact.trim(), language },
        }),
      );
      setJoined({ count, told });
    } catch (cause) {
      setFailure(sentence(asProblem(cause)));
    } finally {
      setBusy(false);
    }
  };

  return (
    <li>
      <article className="card">
        <p className="card-tags">
          <StatusBadge status={report.status} outcome={report.outcome} />
          <span className="hint">
            {[t("report.nearby.distance", { distance: distanceWords(t, report.distance_m) }), report.street, dates.moment(new Date(report.submitted_at))]
              .filter(Boolean)
              .join(", ")}
          </span>
        </p>
        <p>{report.text ?? <span className="hint">{t("report.nearby.noText")}</span>}</p>
        {report.photos.length ? (
          <ul className="photo-list">
            {report.photos.map((photo, index) => (
              <li key={photo.id}>
                <img src={photoAddress(photo.url, { thumb: true })} alt={t("reports.photo", { number: index + 1, total: report.photos.length })} />
              </li>
            ))}
          </ul>
        ) : null}
        {report.me_too && !joined ? <p className="hint">{t("reports.meToo", { count: report.me_too })}</p> : null}
        <div role="status">
          {joined ? (
            <p className="joined">
              <Icon name="check" /> {t("report.nearby.joined", { count: joined.count })} {joined.told ? t("report.nearby.told") : ""}
            </p>
          ) : null}
        </div>
        {joined ? (
          <div className="actions">
            <button type="button" className="button" onClick={onJoined}>
              {t("report.nearby.done")}
            </button>
          </div>
        ) : joining && !me ? (
          // Not a form: it would stand inside the report's own.
          <div className="indented">
            <Field label={t("report.nearby.contact")} hint={t("report.nearby.contactHint")} value={contact} onChange={setContact} autoComplete="email" />
            <div className="actions">
              <button type="button" className="button" aria-disabled={busy} onClick={() => void join()}>
                {t("report.nearby.join")}
              </button>
            </div>
          </div>
        ) : (
          <div className="actions">
            <button type="button" className="button" aria-disabled={busy} onClick={() => (me ? void join() : setJoining(true))}>
              <Icon name="person" />
              {t("report.nearby.meToo")}
            </button>
          </div>
        )}
        {failure ? (
          <p className="field-error" role="alert">
            {failure}
          </p>
        ) : null}
      </article>
    </li>
  );
}
