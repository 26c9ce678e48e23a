import { Suspense, type ReactElement } from "react";
import { screen } from "@testing-library/react";
import { LANGUAGES } from "@hejnal/shared";
import { axeViolations } from "@hejnal/shared/testing";
import { describe, expect, it } from "vitest";
import AnnouncementPage from "./announcements/AnnouncementPage.tsx";
import { HomePage } from "./announcements/HomePage.tsx";
import CamerasPage from "./cameras/CamerasPage.tsx";
import NoticesPage from "./notices/NoticesPage.tsx";
import AboutPage from "./pages/AboutPage.tsx";
import AccessibilityPage from "./pages/AccessibilityPage.tsx";
import NotFoundPage from "./pages/NotFoundPage.tsx";
import MyReportsPage from "./reports/MyReportsPage.tsx";
import ReportFlow from "./reports/ReportFlow.tsx";
import ReportPage from "./reports/ReportPage.tsx";
import { SentPage } from "./reports/SentPage.tsx";
import AccountPage from "./residents/AccountPage.tsx";
import SignInPage from "./residents/SignInPage.tsx";
import { announcement, CAMERAS, ME, renderPage, REPORT } from "./testing.tsx";

const LIST = { items: [announcement(), announcement({ id: "a2", severity: "emergency" }), announcement({ id: "a3", state: "past" })], storedAt: undefined };
const ANNOUNCEMENTS = [["announcements", undefined, undefined], LIST] as const;

interface Case {
  readonly name: string;
  readonly page: ReactElement;
  readonly scene?: Parameters<typeof renderPage>[1];
}

const CASES: readonly Case[] = [
  { name: "home", page: <HomePage />, scene: { data: [ANNOUNCEMENTS] } },
  { name: "home without notices", page: <HomePage />, scene: { data: [[ANNOUNCEMENTS[0], { items: [], storedAt: new Date() }]] } },
  { name: "announcement", page: <AnnouncementPage id="a1" />, scene: { data: [[["announcement", "a1"], announcement()]] } },
  { name: "report, first step", page: <ReportFlow step="" />, scene: { path: "/zglos" } },
  { name: "report sent", page: <SentPage report={{ ...REPORT, follow_token: "secret" }} /> },
  { name: "my reports", page: <MyReportsPage />, scene: { me: ME, data: [[["my-reports", "m1"], { items: [REPORT] }]] } },
  { name: "my reports, none", page: <MyReportsPage /> },
  { name: "one report", page: <ReportPage id="r1" />, scene: { data: [[["report", "r1", undefined], REPORT]] } },
  { name: "notices", page: <NoticesPage />, scene: { me: ME } },
  { name: "notices without an account", page: <NoticesPage /> },
  { name: "sign-in", page: <SignInPage />, scene: { path: "/logowanie" } },
  { name: "account", page: <AccountPage />, scene: { me: ME } },
  { name: "cameras", page: <CamerasPage />, scene: { data: [[["cameras"], CAMERAS]] } },
  { name: "accessibility", page: <AccessibilityPage /> },
  { name: "about", page: <AboutPage /> },
  { name: "not found", page: <NotFoundPage /> },
];

describe.each(CASES)("$name", ({ page, scene }) => {
  it("has one first heading, a title, and nothing axe objects to", async () => {
    const { container } = await renderPage(<Suspense>{page}</Suspense>, scene ?? {});
    const heading = await screen.findByRole("heading", { level: 1 });
    expect(screen.getAllByRole("heading", { level: 1 })).toHaveLength(1);
    expect(document.title).toBe(`${heading.textContent} – Hejnał`);
    expect(await axeViolations(container)).toEqual([]);
  });
});

describe.each(LANGUAGES)("in %s", (language) => {
  it("shows no message key", async () => {
    const { container } = await renderPage(<HomePage />, { language, data: [ANNOUNCEMENTS] });
    await screen.findByRole("heading", { level: 1 });
    expect(container.textContent).not.toMatch(/\b(home|shell|announcement|severity|date)\.[a-z]/i);
    expect(document.documentElement.lang).toBe(language);
  });
});
