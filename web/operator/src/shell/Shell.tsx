import { changeLanguage, Icon, isLanguage, LANGUAGE_NAMES, LANGUAGES, Logo } from "@hejnal/shared";
import { type ReactNode, useEffect, useState } from "react";
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { AlertNotices, useAlertCalls } from "../alerts/AlertNotices.tsx";
import { keepSound, soundIsOn } from "../alerts/alert-sound.ts";
import { SoundSwitch } from "../alerts/SoundSwitch.tsx";
import { useAlertActions } from "../alerts/use-alert-actions.ts";
import { useOpenAlerts } from "../alerts/use-alerts.ts";
import { useEvents } from "../events/EventsProvider.tsx";
import type { Act } from "../session/roles.ts";
import { useSession } from "../session/session.tsx";
import { ConsoleIcon } from "../ui/icons.tsx";
import { IconButton } from "../ui/IconButton.tsx";
import { clockWithSeconds } from "../words/town-clock.ts";
import { useNowSeconds } from "../words/ticker.ts";
import { ConnectionState } from "./ConnectionState.tsx";
import { FreshReports } from "./FreshReports.tsx";
import { useHotkeys } from "./hotkeys.ts";
import { KeysDialog } from "./KeysDialog.tsx";

export interface Place {
  readonly path: string;
  readonly act: Act;
  readonly word: "wall" | "alerts" | "playback" | "exports" | "reports" | "announcements" | "consultations" | "messages" | "residents" | "cameras" | "audit" | "accounts";
  readonly icon: ReactNode;
  /** Rooms that belong to this place though their address begins otherwise. */
  readonly also?: readonly string[];
}

/** The console's pages in the order of the day; each role sees those it may use. */
export const PLACES: readonly Place[] = [
  { path: "/wall", act: "watchLive", word: "wall", icon: <ConsoleIcon name="wall" /> },
  { path: "/alerts", act: "readAlerts", word: "alerts", icon: <ConsoleIcon name="alert" />, also: ["/incidents", "/alert-rules", "/webhooks"] },
  { path: "/playback", act: "playBack", word: "playback", icon: <ConsoleIcon name="playback" /> },
  { path: "/exports", act: "export", word: "exports", icon: <ConsoleIcon name="export" /> },
  { path: "/reports", act: "readReports", word: "reports", icon: <Icon name="pin" />, also: ["/report-categories", "/inbound-messages", "/open311-keys", "/open311-back-office"] },
  { path: "/announcements", act: "readAnnouncements", word: "announcements", icon: <Icon name="megaphone" />, also: ["/announcement-templates", "/announcement-categories"] },
  { path: "/consultations", act: "readConsultations", word: "consultations", icon: <ConsoleIcon name="ballot" /> },
  { path: "/messages", act: "seeSending", word: "messages", icon: <Icon name="forward" /> },
  { path: "/resident-import", act: "importResidents", word: "residents", icon: <Icon name="person" />, also: ["/residents", "/footage-requests"] },
  { path: "/cameras", act: "seeCameras", word: "cameras", also: ["/deletions"], icon: <Icon name="camera" /> },
  { path: "/audit", act: "readAudit", word: "audit", icon: <ConsoleIcon name="audit" /> },
  { path: "/accounts", act: "keepAccounts", word: "accounts", icon: <ConsoleIcon name="people" /> },
];

/** Frame of the console: where one can go, how the line is, who is signed in, and what waits for a person. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation();
  const { active, may, staff, signOut } = useSession();
  const { freshReports, acknowledge } = useEvents();
  const [location, navigate] = useLocation();
  const [keysOpen, setKeysOpen] = useState(false);
  const [soundOn, setSoundOn] = useState(() => soundIsOn(localStorage));
  const { waiting, known } = useOpenAlerts();
  const { muted } = useAlertCalls(waiting, known, soundOn && active);
  const alertActions = useAlertActions();
  useWaitingTitle(waiting.length);
  useHotkeys(
    {
      "?": () => {
        setKeysOpen(true);
        return undefined;
      },
      m: () => {
        if (!may("seeCameras")) return false;
        navigate("/cameras?view=map");
        return undefined;
      },
      " ": () => {
        const [first] = waiting;
        if (first !== undefined && may("workOnAlerts") && !location.startsWith("/alerts")) {
          alertActions.run({ act: "acknowledge", alert: first });
          return undefined;
        }
        const newest = freshReports[0];
        if (newest === undefined) return false;
        acknowledge(newest.reportId);
        return undefined;
      },
    },
    active,
  );

  return (
    <div className="shell">
      <a className="skip-link" href="#main">
        {t("ui.skip")}
      </a>
      <header className="top">
        <Link href="/" className="brand" aria-label={t("ui.home")}>
          <Logo size="1.5rem" />
          <span>{t("brand", { ns: "shared" })}</span>
        </Link>
        <nav aria-label={t("nav.label")}>
          <ul className="nav">
            {PLACES.filter((place) => may(place.act)).map((place) => (
              <li key={place.path}>
                <Link href={place.path} className="nav-link" aria-current={[place.path, ...(place.also ?? [])].some((path) => location.startsWith(path)) ? "page" : undefined}>
                  {place.icon}
                  <span>{t(`nav.${place.word}`)}</span>
                  {place.word === "alerts" && waiting.length > 0 ? (
                    <span className={waiting.some((alert) => alert.severity === "emergency") ? "nav-count nav-count-urgent" : "nav-count"} aria-label={t("nav.waiting", { count: waiting.length })}>
                      {waiting.length}
                    </span>
                  ) : null}
                  {place.word === "reports" && freshReports.length > 0 ? (
                    <span className="nav-count" aria-label={t("nav.fresh", { count: freshReports.length })}>
                      {freshReports.length}
                    </span>
                  ) : null}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <ConnectionState />
        <TownClock />
        {may("readAlerts") ? (
          <SoundSwitch
            on={soundOn}
            muted={muted}
            onChange={(on) => {
              keepSound(localStorage, on);
              setSoundOn(on);
            }}
          />
        ) : null}
        <IconButton label={t("keys.title")} shortcut="?" onPress={() => setKeysOpen(true)}>
          <ConsoleIcon name="keyboard" />
        </IconButton>
        <MenuTrigger>
          <Button className="user-button">
            <Icon name="person" />
            <span>{staff.name}</span>
          </Button>
          <Popover className="popover" placement="bottom end">
            <p className="menu-head">{t(`role.${staff.role}`)}</p>
            <Menu className="menu" aria-label={staff.name} onAction={(key) => (isLanguage(key) ? void changeLanguage(key) : key === "account" ? navigate("/account") : void signOut())}>
              <MenuItem className="menu-item" id="account">
                {t("own.title")}
              </MenuItem>
              {LANGUAGES.map((language) => (
                <MenuItem key={language} className="menu-item" id={language} textValue={LANGUAGE_NAMES[language]}>
                  <span lang={language}>{LANGUAGE_NAMES[language]}</span>
                </MenuItem>
              ))}
              <MenuItem className="menu-item" id="sign-out">
                {t("session.signOut")}
              </MenuItem>
            </Menu>
          </Popover>
        </MenuTrigger>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <div className="edge">
        <AlertNotices />
        <FreshReports />
      </div>
      <KeysDialog isOpen={keysOpen} onClose={() => setKeysOpen(false)} />
    </div>
  );
}

/** The number of waiting alerts stands in the title too: it is seen while another window is in front. */
function useWaitingTitle(count: number): void {
  useEffect(() => {
    const plain = document.title.replace(/^\(\d+\)\s*/, "");
    document.title = count === 0 ? plain : `(${count}) ${plain}`;
  }, [count]);
}

function TownClock() {
  const nowMs = useNowSeconds();
  return <time className="town-clock" dateTime={new Date(nowMs).toISOString()}>{clockWithSeconds(nowMs)}</time>;
}
