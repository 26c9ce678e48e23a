import { useMemo } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { answer, asProblem, ErrorState, type Language, Skeleton, useLanguage } from "@hejnal/shared";
import { Link } from "wouter";
import { Page } from "../app/Page.tsx";
import { api, type Me, type Town } from "../api.ts";
import { useMe, useSetMe } from "../residents/use-me.ts";
import { useTown } from "../town/use-town.ts";
import { ContactList } from "./ContactList.tsx";
import { DeviceCard } from "./DeviceCard.tsx";
import { NoticeForm } from "./NoticeForm.tsx";
import { PauseCard } from "./PauseCard.tsx";
import { deviceState, disablePush, enablePush, readPushWish, savePushWish } from "./push.ts";
import { categoriesOn, filtersOf, firstWish, pushWishOf, type Wish, type WishChannel, wishFrom, wishOfBrowser } from "./wish.ts";

/** Notice settings, with or without an account. */
export default function NoticesPage() {
  const { t } = useTranslation();
  const town = useTown();
  const me = useMe();
  const failed = town.error ?? me.error;
  return (
    <Page title={t("notices.title")} narrow>
      <p className="lead">{t("notices.lead")}</p>
      {town.data && me.data !== undefined ? (
        <Settings key={me.data?.id ?? ""} town={town.data} me={me.data} />
      ) : failed ? (
        <ErrorState
          error={failed}
          onRetry={() => {
            void town.refetch();
            void me.refetch();
          }}
        />
      ) : (
        <Skeleton />
      )}
    </Page>
  );
}

function Settings({ town, me }: { readonly town: Town; readonly me: Me | null }) {
  const { t } = useTranslation();
  const language: Language = useLanguage();
  const queries = useQueryClient();
  const setMe = useSetMe();
  const device = useQuery({
    queryKey: ["device", me?.id],
    queryFn: async () => {
      const state = await deviceState(town.vapid_public_key);
      const wish = state === "on" && !me ? await readPushWish() : null;
      return { state: state === "on" && !me && !wish ? ("off" as const) : state, wish };
    },
    staleTime: 0,
  });
  const subscription = me?.subscription;
  const deviceWish = device.data?.wish;
  const accountWish = useMemo(() => (subscription ? wishFrom(subscription) : null), [subscription]);
  const browserWish = useMemo(() => (deviceWish ? wishOfBrowser(deviceWish) : null), [deviceWish]);
  const refresh = () => queries.invalidateQueries({ queryKey: ["device"] });
  const codes = town.announcement_categories.map(({ code }) => code);

  const enable = async () => {
    const changed = await enablePush(town.vapid_public_key ?? "", me, pushWishOf(firstWish(codes, language)));
    if (changed) {
      setMe(changed);
      if (!changed.subscription.filters.length) {
        // First channel of this account: without any filter nothing would ever come.
        await saveAccount({ ...wishFrom(changed.subscription), topics: firstWish(codes, language).topics, minSeverity: "info" }, changed);
      }
    }
    await refresh();
  };
  const disable = async () => {
    const changed = await disablePush();
    if (changed) setMe(changed);
    await refresh();
  };
  const saveAccount = async (wish: Wish, account: Me) => {
    try {
      const subscription = await answer(
        api.PUT("/api/v1/me/subscription", {
          body: {
            expected_version: account.subscription.version,
            filters: filtersOf(wish),
            quiet_hours: wish.quiet,
            language: wish.language,
            paused_until: account.subscription.paused_until,
          },
        }),
      );
      setMe({ ...account, subscription });
    } catch (cause) {
      if (asProblem(cause).kind === "conflict") await queries.invalidateQueries({ queryKey: ["me"] });
      throw cause;
    }
  };

  const pause = async (until: Date | null) => {
    if (me) {
      const changed = await answer(api.PUT("/api/v1/me/pause", { body: { until: until?.toISOString() ?? null } }));
      setMe({ ...me, subscription: changed });
    } else if (deviceWish) {
      await savePushWish({ ...deviceWish, paused_until: until?.toISOString() ?? null });
      await refresh();
    }
  };

  const ready: WishChannel[] = [];
  if (me ? me.contacts.some(({ channel, consented, failed }) => channel === "push" && consented && !failed) : device.data?.state === "on") ready.push("push");
  if (me?.contacts.some(({ channel, consented, failed }) => channel === "email" && consented && !failed)) ready.push("email");
  if (me?.contacts.some(({ channel, consented, failed }) => channel === "sms" && consented && !failed)) ready.push("sms");

  return (
    <>
      <DeviceCard state={device.data?.state} onEnable={enable} onDisable={disable} />
      <section className="card" aria-labelledby="account-heading">
        <h2 id="account-heading">{t("notices.account")}</h2>
        {me ? (
          <ContactList contacts={me.contacts.filter(({ channel }) => channel !== "push")} />
        ) : (
          <p>{t("notices.accountText")}</p>
        )}
        <div className="actions">
          <Link href={me ? "/konto" : "/logowanie"} className="button">
            {me ? t("notices.addContact") : t("shell.signIn")}
          </Link>
        </div>
      </section>
      {me ?? deviceWish ? <PauseCard until={(me ? me.subscription.paused_until : deviceWish?.paused_until) ?? null} onPause={pause} /> : null}
      {me && accountWish ? (
        <NoticeForm
          key={ready.join()}
          revision={me.subscription.version}
          town={town}
          stored={accountWish}
          ready={ready}
          shown={["push", "email", "sms"]}
          onSave={(wish) => saveAccount(wish, me)}
        />
      ) : null}
      {!me && browserWish ? (
        <NoticeForm
          town={town}
          stored={browserWish}
          ready={ready}
          shown={["push"]}
          onSave={async (wish) => {
            if (categoriesOn(wish, "push").length) await savePushWish({ ...pushWishOf(wish), paused_until: deviceWish?.paused_until ?? null });
            else await disable();
          }}
        />
      ) : null}
    </>
  );
}
