import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Icon, type IconName, Logo } from "@hejnal/shared";
import { Link, useLocation } from "wouter";
import { useMe } from "../residents/use-me.ts";
import { useTown } from "../town/use-town.ts";
import { ConnectionBanner } from "../offline/ConnectionBanner.tsx";
import { LanguageSelect } from "./LanguageSelect.tsx";

interface NavItem {
  readonly path: string;
  readonly icon: IconName;
  readonly label: "home" | "report" | "myReports" | "notices";
  readonly short: "homeShort" | "report" | "myReportsShort" | "notices";
}

const NAV: readonly NavItem[] = [
  { path: "/", icon: "megaphone", label: "home", short: "homeShort" },
  { path: "/zglos", icon: "pin", label: "report", short: "report" },
  { path: "/zgloszenia", icon: "list", label: "myReports", short: "myReportsShort" },
  { path: "/powiadomienia", icon: "bell", label: "notices", short: "notices" },
];

const FOOTER = [
  ["/konsultacje", "consultations"],
  ["/kontakty", "contacts"],
  ["/syreny", "sirens"],
  ["/kamery", "cameras"],
  ["/nagranie", "footage"],
  ["/dane", "openData"],
  ["/dostepnosc", "accessibility"],
  ["/o-serwisie", "about"],
] as const;

function isCurrent(path: string, location: string): boolean {
  if (path === "/") return location === "/" || location.startsWith("/komunikaty/");
  return location === path || location.startsWith(`${path}/`);
}

/** Header, the four main pages (at the thumb on a phone), the page itself, and the rest at its foot. */
export function Layout({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation();
  const { t: shared } = useTranslation("shared");
  const [location] = useLocation();
  const town = useTown();
  const me = useMe();

  return (
    <>
      <a className="skip-link" href="#content">
        {t("shell.skip")}
      </a>
      <header className="site-header">
        <Link href="/" className="brand">
          <Logo size="2.25rem" />
          <span className="brand-words">
            <span className="brand-name">{shared("brand")}</span>
            {town.data ? <span className="brand-town">{town.data.name}</span> : null}
          </span>
        </Link>
        <div className="header-tools">
          <LanguageSelect />
          <Link href={me.data ? "/konto" : "/logowanie"} className="header-account">
            <Icon name="person" />
            <span>{me.data ? t("shell.account") : t("shell.signIn")}</span>
          </Link>
        </div>
      </header>
      <nav className="main-nav" aria-label={t("shell.nav")}>
        <ul>
          {NAV.map(({ path, icon, label, short }) => (
            <li key={path}>
              <Link
                href={path}
                className={path === "/zglos" ? "nav-link nav-report" : "nav-link"}
                aria-current={isCurrent(path, location) ? "page" : undefined}
              >
                <Icon name={icon} size="1.5rem" />
                <span className="nav-long">{t(`shell.${label}`)}</span>
                <span className="nav-short" aria-hidden="true">
                  {t(`shell.${short}`)}
                </span>
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <ConnectionBanner />
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      <footer className="site-footer">
        <nav aria-label={t("shell.footer")}>
          <ul>
            {FOOTER.map(([path, label]) => (
              <li key={path}>
                <Link href={path} aria-current={isCurrent(path, location) ? "page" : undefined}>
                  {t(`shell.${label}`)}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
      </footer>
    </>
  );
}
