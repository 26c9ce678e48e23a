import { EmptyState } from "@hejnal/shared";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type ChannelState, fetchProviders, type ProviderState, PROVIDERS_KEY } from "../api/messages.ts";
import { DataTable } from "../ui/DataTable.tsx";
import { Loaded } from "../ui/Loaded.tsx";
import { ConsoleIcon } from "../ui/icons.tsx";
import { duration, momentWithSeconds } from "../words/console-words.ts";
import { useNowSeconds } from "../words/ticker.ts";
import { channelWord, troubleWord } from "./message-words.ts";

/** How every provider does right now: used or at rest, how fast, what went wrong last; and what waits. */
export function ProvidersRoom() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: PROVIDERS_KEY, queryFn: fetchProviders, refetchInterval: 5_000 });
  return (
    <>
      <p className="soft">{t("messages.providersHelp")}</p>
      <Loaded query={query} rows={3} empty={<EmptyState icon="megaphone" title={t("messages.noChannels")} />}>
        {(channels) => channels.map((channel) => <Channel key={channel.channel} channel={channel} />)}
      </Loaded>
    </>
  );
}

function Channel({ channel }: { readonly channel: ChannelState }) {
  const { t } = useTranslation();
  const nowMs = useNowSeconds();
  const word = channelWord(t, channel.channel);
  return (
    <section className="fieldset" aria-labelledby={`channel-${channel.channel}`}>
      <h2 id={`channel-${channel.channel}`}>{word}</h2>
      <p className={channel.due > 0 && channel.due_since !== null && nowMs - Date.parse(channel.due_since) > LONG_MS ? "attention" : "soft"}>
        {channel.waiting === 0 ? t("messages.nothingWaits") : t("messages.waits", { count: channel.waiting, due: channel.due })}{" "}
        {channel.due_since === null ? null : t("messages.longest", { age: duration(t, nowMs - Date.parse(channel.due_since)) })}
      </p>
      <DataTable caption={word} columns={[t("messages.provider"), t("messages.state"), { label: t("messages.lastMinute"), className: "number" }, { label: t("messages.rate"), className: "number" }, t("messages.lastTrouble")]}>
        {channel.providers.map((provider) => (
          <Row key={provider.name} provider={provider} />
        ))}
      </DataTable>
    </section>
  );
}

/** What is due goes within seconds; what is due for longer than this waits for somebody. */
const LONG_MS = 60_000;

function Row({ provider }: { readonly provider: ProviderState }) {
  const { t, i18n } = useTranslation();
  const nowMs = useNowSeconds();
  const rests = provider.rests_s > 0;
  const { last_trouble_at: troubleAt, last_trouble_cause: cause, last_trouble_detail: detail, rate_per_s: rate } = provider;
  return (
    <tr data-provider={provider.name} data-rests={rests}>
      <th scope="row">{provider.name}</th>
      <td className={rests ? "attention" : undefined}>
        <ConsoleIcon name={rests ? "off" : "live"} size="1.2em" /> {rests ? t("messages.rests", { wait: duration(t, provider.rests_s * 1_000) }) : t("messages.used")}
      </td>
      <td className={provider.failed > 0 ? "number attention" : "number"}>{provider.tries === 0 ? "–" : t("messages.failedOf", { failed: provider.failed, tries: provider.tries })}</td>
      <td className="number">{rate === null ? t("messages.unlimited") : t("messages.perSecond", { rate: new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 }).format(rate) })}</td>
      <td>
        {troubleAt === null ? (
          "–"
        ) : (
          <>
            {troubleWord(t, cause ?? "")}
            <span className="soft cell-line">
              {momentWithSeconds(Date.parse(troubleAt), nowMs)} {detail}
            </span>
          </>
        )}
      </td>
    </tr>
  );
}
