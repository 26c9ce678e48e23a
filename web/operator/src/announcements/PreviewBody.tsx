import { Icon, SeverityBadge, useDateWords } from "@hejnal/shared";
import { TownMap } from "@hejnal/shared/map";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Channel, Preview, Town } from "../api/town.ts";
import { useTown } from "../reports/use-town.ts";
import { fromLocalInput } from "../words/town-clock.ts";
import { type Draft, DRAFT_LANGUAGES } from "./draft.ts";
import { DrillBanner } from "./DrillBanner.tsx";
import { boundsOf } from "./geometry-bounds.ts";
import { LanguageWarnings } from "./LanguageWarnings.tsx";
import { LooksAs } from "./LooksAs.tsx";
import { SmsLooks } from "./SmsLooks.tsx";

interface PreviewBodyProps {
  readonly draft: Draft;
  readonly preview: Preview;
  readonly town: Town;
}

/** Who it reaches, on which channels, what it costs, how it looks there, where it holds. */
export function PreviewBody({ draft, preview, town }: PreviewBodyProps) {
  const { t, i18n } = useTranslation();
  const dates = useDateWords();
  const { announcementCategory } = useTown();
  const money = useMemo(() => new Intl.NumberFormat(i18n.language, { style: "currency", currency: "PLN" }), [i18n.language]);
  const areas = useMemo(() => featureOf(preview.geometry, draft.severity), [preview.geometry, draft.severity]);
  const focus = useMemo(() => boundsOf(preview.geometry), [preview.geometry]);
  const until = fromLocalInput(draft.until);
  const publish = fromLocalInput(draft.publishAt);
  return (
    <>
      {draft.drill ? <DrillBanner /> : null}
      <p className="preview-people">{t("preview.people", { count: preview.people })}</p>
      {publish === null ? null : (
        <p>
          <Icon name="clock" /> {t("preview.goesOut", { when: dates.moment(new Date(publish)) })}
        </p>
      )}
      {preview.organisations.length === 0 ? null : <p>{t("preview.organisations", { names: preview.organisations.join(", ") })}</p>}
      {preview.people === 0 ? <p className="problem-line">{t("preview.nobody")}</p> : null}
      {preview.worded ? null : (
        <p className="warning-line" role="status">
          <Icon name="warning" />
          <span>{t("preview.notWorded")}</span>
        </p>
      )}
      <Reach preview={preview} money={money} />
      <Budget preview={preview} money={money} />
      <LanguageWarnings draft={draft} />
      <SmsLooks preview={preview} money={money} />
      <LooksAs wordings={preview.wordings} town={town} />
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
        {draft.attachments.length === 0 ? null : (
          <ul className="plain-list">
            {draft.attachments.map((attachment) => (
              <li key={attachment.id}>
                <Icon name="photo" /> {attachment.name}: {attachment.description}
              </li>
            ))}
          </ul>
        )}
      </section>
      <section>
        <h3>{t("preview.area")}</h3>
        <p>
          {t(`editor.areas.${draft.area}`)}
          {draft.area === "streets" ? `: ${draft.streets.join(", ")}` : null}. {t("preview.addresses", { count: preview.addresses })}
        </p>
        {draft.area === "town" ? null : <TownMap label={t("preview.map")} bounds={town.bounds} scheme="dark" areas={areas} {...(focus === null ? {} : { focus })} {...(town.map_url === null ? {} : { tiles: town.map_url })} />}
      </section>
    </>
  );
}

function Reach({ preview, money }: { readonly preview: Preview; readonly money: Intl.NumberFormat }) {
  const { t } = useTranslation();
  const unknown = (channel: Channel) => (channel === "sms" && !preview.worded ? t("preview.unknown") : "–");
  return (
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
            <th scope="row">
              {t(`channel.${channel.channel}`)}
              {channel.off ? <span className="attention cell-line">{t("preview.channelOff")}</span> : null}
            </th>
            <td className="number">{channel.recipients}</td>
            <td className="number">{channel.sms_parts ?? unknown(channel.channel)}</td>
            <td className="number">{channel.cost_pln === null || channel.cost_pln === undefined ? unknown(channel.channel) : money.format(channel.cost_pln)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={3}>
            {t("preview.total")}
          </th>
          <td className="number">{preview.cost_pln === null ? unknown("sms") : money.format(preview.cost_pln)}</td>
        </tr>
      </tfoot>
    </table>
  );
}

/** What of the month's SMS money is left for it. */
function Budget({ preview, money }: { readonly preview: Preview; readonly money: Intl.NumberFormat }) {
  const { t } = useTranslation();
  const { budget } = preview;
  if (budget?.limit_pln === null || budget?.limit_pln === undefined) return null;
  const left = money.format(budget.left_pln ?? 0);
  if (budget.enough) return <p className="soft">{t("preview.budget", { left, limit: money.format(budget.limit_pln) })}</p>;
  return (
    <p className="warning-line">
      <Icon name="warning" />
      <span>{t("preview.overBudget", { left })}</span>
    </p>
  );
}

function featureOf(geometry: Preview["geometry"], severity: string): GeoJSON.FeatureCollection {
  if (geometry === null) return { type: "FeatureCollection", features: [] };
  return { type: "FeatureCollection", features: [{ type: "Feature", properties: { severity }, geometry: geometry as unknown as GeoJSON.Geometry }] };
}
