import { LANGUAGE_NAMES, SeverityBadge, useDateWords } from "@hejnal/shared";
import { TownMap } from "@hejnal/shared/map";
import { type ReactNode, useEffect, useMemo, useRef } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import type { AnnouncementDetail, Preview, Town } from "../api/town.ts";
import { useTown } from "../reports/use-town.ts";
import { fromLocalInput } from "../words/town-clock.ts";
import { type Draft, DRAFT_LANGUAGES } from "./draft.ts";
import { boundsOf } from "./geometry-bounds.ts";

interface PreviewStepProps {
  readonly draft: Draft;
  readonly preview: Preview;
  readonly town: Town;
  readonly update: AnnouncementDetail | null;
  readonly isSending: boolean;
  readonly onBack: () => void;
  readonly onSend: () => void;
  readonly children: ReactNode;
}

/** The last look: who it reaches, on which channels, what it costs, and how it reads. */
export function PreviewStep({ draft, preview, town, update, isSending, onBack, onSend, children }: PreviewStepProps) {
  const { t, i18n } = useTranslation();
  const heading = useRef<HTMLHeadingElement>(null);
  // The form was left at its foot: reading begins at the top.
  useEffect(() => {
    heading.current?.scrollIntoView();
    heading.current?.focus();
  }, []);
  const dates = useDateWords();
  const { announcementCategory } = useTown();
  const money = new Intl.NumberFormat(i18n.language, { style: "currency", currency: "PLN" });
  const areas = useMemo(() => featureOf(preview.geometry, draft.severity), [preview.geometry, draft.severity]);
  const focus = useMemo(() => boundsOf(preview.geometry), [preview.geometry]);
  const until = fromLocalInput(draft.until);
  return (
    <article className="preview" aria-labelledby="preview-title">
      <h2 id="preview-title" ref={heading} tabIndex={-1}>
        {t("preview.title")}
      </h2>
      <p className="preview-people">{t("preview.people", { count: preview.people })}</p>
      {preview.people === 0 ? <p className="problem-line">{t("preview.nobody")}</p> : null}
      <table className="table">
        <caption className="visually-hidden">{t("preview.channels")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("preview.channel")}</th>
            <th scope="col" className="number">
              {t("preview.recipients")}
            </th>
            <th scope="col" className="number">
              {t("preview.parts")}
            </th>
            <th scope="col" className="number">
              {t("preview.cost")}
            </th>
          </tr>
        </thead>
        <tbody>
          {preview.channels.map((channel) => (
            <tr key={channel.channel}>
              <th scope="row">{t(`channel.${channel.channel}`)}</th>
              <td className="number">{channel.recipients}</td>
              <td className="number">{channel.sms_parts ?? "–"}</td>
              <td className="number">{channel.cost_pln === null || channel.cost_pln === undefined ? "–" : money.format(channel.cost_pln)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={3}>
              {t("preview.total")}
            </th>
            <td className="number">{money.format(preview.cost_pln)}</td>
          </tr>
        </tfoot>
      </table>
      {preview.sms.length === 0 ? null : (
        <section>
          <h3>{t("preview.sms")}</h3>
          <ul className="sms-list">
            {preview.sms.map((sms) => (
              <li key={sms.language}>
                <p className="soft">
                  {LANGUAGE_NAMES[sms.language]}: {t("preview.smsSize", { characters: sms.characters, parts: sms.parts, encoding: sms.encoding.toUpperCase() })}
                </p>
                <p className="sms" lang={sms.language}>
                  {sms.text}
                </p>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section>
        <h3>{t("preview.reads")}</h3>
        <p className="report-marks">
          <SeverityBadge severity={draft.severity} /> {announcementCategory(draft.category)}
          {until === null ? null : <span className="soft">{dates.until(new Date(until))}</span>}
        </p>
        {DRAFT_LANGUAGES.filter((language) => draft.texts[language].title.trim() !== "").map((language) => (
          <div key={language} lang={language} className="wording">
            <strong>{draft.texts[language].title}</strong>
            <p>{draft.texts[language].body}</p>
            {draft.texts[language].instruction === "" ? null : <p className="instruction">{draft.texts[language].instruction}</p>}
          </div>
        ))}
      </section>
      <section>
        <h3>{t("preview.area")}</h3>
        <p>
          {t(`editor.areas.${draft.area}`)}
          {draft.area === "streets" ? `: ${draft.streets.join(", ")}` : null}. {t("preview.addresses", { count: preview.addresses })}
        </p>
        {draft.area === "town" ? null : <TownMap label={t("preview.map")} bounds={town.bounds} scheme="dark" areas={areas} {...(focus === null ? {} : { focus })} {...(town.map_url === null ? {} : { tiles: town.map_url })} />}
      </section>
      {children}
      <div className="form-actions">
        <Button className="button button-primary" isPending={isSending} onPress={onSend}>
          {isSending ? t("ui.sending") : update === null ? t("preview.send", { count: preview.people }) : t("preview.sendUpdate")}
        </Button>
        <Button className="button" onPress={onBack}>
          {t("preview.back")}
        </Button>
      </div>
      {update === null ? null : <p className="soft">{t("preview.updateHelp")}</p>}
    </article>
  );
}

function featureOf(geometry: Preview["geometry"], severity: string): GeoJSON.FeatureCollection {
  if (geometry === null) return { type: "FeatureCollection", features: [] };
  return { type: "FeatureCollection", features: [{ type: "Feature", properties: { severity }, geometry: geometry as unknown as GeoJSON.Geometry }] };
}
