import { asProblem, ErrorState, Skeleton, useLanguage } from "@hejnal/shared";
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useCallback } from "react";
import { I18nProvider } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { OwnPassword } from "./accounts/OwnPassword.tsx";
import { EventsProvider, type ReportNews } from "./events/EventsProvider.tsx";
import { SESSION_KEY, SessionGate, useSession } from "./session/session.tsx";
import { type Act, FIRST_PAGE } from "./session/roles.ts";
import { SignInPage } from "./session/SignInPage.tsx";
import { Announcer, useAnnounce } from "./shell/Announcer.tsx";
import { Shell } from "./shell/Shell.tsx";
import { MayDo } from "./ui/ProblemLine.tsx";
import { WallPage } from "./wall/WallPage.tsx";

const PlaybackPage = lazy(() => import("./playback/PlaybackPage.tsx").then((module) => ({ default: module.PlaybackPage })));
const ExportsPage = lazy(() => import("./exports/ExportsPage.tsx").then((module) => ({ default: module.ExportsPage })));
const AlertsPage = lazy(() => import("./alerts/AlertsPage.tsx").then((module) => ({ default: module.AlertsPage })));
const IncidentsPage = lazy(() => import("./incidents/IncidentsPage.tsx").then((module) => ({ default: module.IncidentsPage })));
const RulesPage = lazy(() => import("./rules/RulesPage.tsx").then((module) => ({ default: module.RulesPage })));
const WebhooksPage = lazy(() => import("./rules/WebhooksPage.tsx").then((module) => ({ default: module.WebhooksPage })));
const ReportsPage = lazy(() => import("./reports/ReportsPage.tsx").then((module) => ({ default: module.ReportsPage })));
const ReportCategoriesPage = lazy(() => import("./reports/ReportCategoriesPage.tsx").then((module) => ({ default: module.ReportCategoriesPage })));
const AnnouncementsPage = lazy(() => import("./announcements/AnnouncementsPage.tsx").then((module) => ({ default: module.AnnouncementsPage })));
const TemplatesPage = lazy(() => import("./announcements/TemplatesPage.tsx").then((module) => ({ default: module.TemplatesPage })));
const AnnouncementCategoriesPage = lazy(() => import("./announcements/AnnouncementCategoriesPage.tsx").then((module) => ({ default: module.AnnouncementCategoriesPage })));
const ConsultationsPage = lazy(() => import("./consultations/ConsultationsPage.tsx").then((module) => ({ default: module.ConsultationsPage })));
const InboundPage = lazy(() => import("./reports/InboundPage.tsx").then((module) => ({ default: module.InboundPage })));
const DeletionsPage = lazy(() => import("./cameras/DeletionsPage.tsx").then((module) => ({ default: module.DeletionsPage })));
const KeysPage = lazy(() => import("./open311/KeysPage.tsx").then((module) => ({ default: module.KeysPage })));
const BackOfficePage = lazy(() => import("./open311/BackOfficePage.tsx").then((module) => ({ default: module.BackOfficePage })));
const MessagesPage = lazy(() => import("./messages/MessagesPage.tsx").then((module) => ({ default: module.MessagesPage })));
const ResidentImportPage = lazy(() => import("./residents/ResidentImportPage.tsx").then((module) => ({ default: module.ResidentImportPage })));
const ResidentsPage = lazy(() => import("./residents/ResidentsPage.tsx").then((module) => ({ default: module.ResidentsPage })));
const FootageRequestsPage = lazy(() => import("./residents/FootageRequestsPage.tsx").then((module) => ({ default: module.FootageRequestsPage })));
const CamerasPage = lazy(() => import("./cameras/CamerasPage.tsx").then((module) => ({ default: module.CamerasPage })));
const CameraEditor = lazy(() => import("./cameras/CameraEditor.tsx").then((module) => ({ default: module.CameraEditor })));
const ImportPage = lazy(() => import("./cameras/ImportPage.tsx").then((module) => ({ default: module.ImportPage })));
const DiscoveryPage = lazy(() => import("./cameras/DiscoveryPage.tsx").then((module) => ({ default: module.DiscoveryPage })));
const AccountsPage = lazy(() => import("./accounts/AccountsPage.tsx").then((module) => ({ default: module.AccountsPage })));
const OwnAccountPage = lazy(() => import("./accounts/OwnAccountPage.tsx").then((module) => ({ default: module.OwnAccountPage })));
const SetUpPage = lazy(() => import("./session/SetUpPage.tsx").then((module) => ({ default: module.SetUpPage })));
const AuditPage = lazy(() => import("./audit/AuditPage.tsx").then((module) => ({ default: module.AuditPage })));

/** A client whose every 401 ends the session: the console then asks for a new sign-in and keeps the place. */
export function createQueryClient(): QueryClient {
  const onError = (error: unknown) => {
    if (asProblem(error).kind === "unauthenticated") client.setQueryData(SESSION_KEY, null);
  };
  const client = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: { queries: { retry: (count, error) => count < 2 && asProblem(error).passing, refetchOnWindowFocus: false } },
  });
  return client;
}

/** Conventions of dates and numbers; English with the 24-hour clock of the country. */
const LOCALES = { pl: "pl-PL", en: "en-GB", uk: "uk-UA" } as const;

export function App({ queryClient }: { readonly queryClient: QueryClient }) {
  const language = useLanguage();
  return (
    <QueryClientProvider client={queryClient}>
      <I18nProvider locale={LOCALES[language]}>
        <Announcer>
          <Switch>
            <Route path="/set-up">{() => <SetUp />}</Route>
            <Route>
              {() => (
                <SessionGate
                  signIn={(ended) => <SignInPage ended={ended} />}
                  waiting={<Skeleton />}
                  failed={(error, retry) => <ErrorState error={error} onRetry={retry} />}
                >
                  <PasswordDue>
                    <Console />
                  </PasswordDue>
                </SessionGate>
              )}
            </Route>
          </Switch>
        </Announcer>
      </I18nProvider>
    </QueryClientProvider>
  );
}

/** Behind a one-time link nobody is signed in yet; afterwards the console opens as for anybody. */
function SetUp() {
  const [, navigate] = useLocation();
  return (
    <Suspense fallback={<Skeleton />}>
      <SetUpPage onDone={() => navigate("/", { replace: true })} />
    </Suspense>
  );
}

/** A password that was given by somebody else is changed before anything else. */
function PasswordDue({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation();
  const { staff } = useSession();
  if (!staff.must_change_password) return children;
  return (
    <main className="sign-in">
      <div className="sign-in-card sign-in-wide">
        <p className="sign-in-ended">{t("own.passwordDue")}</p>
        <OwnPassword />
      </div>
    </main>
  );
}

function Console() {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const onReport = useCallback(
    (news: ReportNews) => announce(`${news.urgent ? t("fresh.urgent") : t("fresh.one")}: ${news.reference}, ${news.address}`),
    [announce, t],
  );
  return (
    <EventsProvider onReport={onReport}>
      <Shell>
        <Suspense fallback={<Skeleton />}>
          <Switch>
            <Route path="/wall">{() => <For act="watchLive" page={<WallPage />} />}</Route>
            <Route path="/playback/:cameraId?">{({ cameraId }) => <For act="playBack" page={<PlaybackPage cameraId={cameraId ?? null} />} />}</Route>
            <Route path="/exports">{() => <For act="export" page={<ExportsPage />} />}</Route>
            <Route path="/alerts/:alertId?">{({ alertId }) => <For act="readAlerts" page={<AlertsPage alertId={alertId ?? null} />} />}</Route>
            <Route path="/incidents/:incidentId?">{({ incidentId }) => <For act="readAlerts" page={<IncidentsPage incidentId={incidentId ?? null} />} />}</Route>
            <Route path="/alert-rules">{() => <For act="keepAlertRules" page={<RulesPage />} />}</Route>
            <Route path="/webhooks">{() => <For act="keepAlertRules" page={<WebhooksPage />} />}</Route>
            <Route path="/reports/:reportId?">{({ reportId }) => <For act="readReports" page={<ReportsPage reportId={reportId ?? null} />} />}</Route>
            <Route path="/report-categories/:code?">{({ code }) => <For act="keepReportCategories" page={<ReportCategoriesPage code={code ?? null} />} />}</Route>
            <Route path="/inbound-messages">{() => <For act="readReports" page={<InboundPage />} />}</Route>
            <Route path="/deletions">{() => <For act="deleteFootage" page={<DeletionsPage />} />}</Route>
            <Route path="/open311-keys">{() => <For act="keepOpen311" page={<KeysPage />} />}</Route>
            <Route path="/open311-back-office">{() => <For act="keepOpen311" page={<BackOfficePage />} />}</Route>
            <Route path="/messages/*?">{() => <For act="seeSending" page={<MessagesPage />} />}</Route>
            <Route path="/announcements/*?">{() => <For act="readAnnouncements" page={<AnnouncementsPage />} />}</Route>
            <Route path="/announcement-templates">{() => <For act="writeAnnouncements" page={<TemplatesPage />} />}</Route>
            <Route path="/announcement-categories">{() => <For act="writeAnnouncements" page={<AnnouncementCategoriesPage />} />}</Route>
            <Route path="/consultations/*?">{() => <For act="readConsultations" page={<ConsultationsPage />} />}</Route>
            <Route path="/resident-import">{() => <For act="importResidents" page={<ResidentImportPage />} />}</Route>
            <Route path="/residents">{() => <For act="findResidents" page={<ResidentsPage />} />}</Route>
            <Route path="/footage-requests/:requestId?">{({ requestId }) => <For act="handleFootageRequests" page={<FootageRequestsPage requestId={requestId ?? null} />} />}</Route>
            <Route path="/cameras">{() => <For act="seeCameras" page={<CamerasPage />} />}</Route>
            <Route path="/cameras/new">{() => <For act="keepCameras" page={<CameraEditor cameraId={null} />} />}</Route>
            <Route path="/cameras/import">{() => <For act="keepCameras" page={<ImportPage />} />}</Route>
            <Route path="/cameras/discovery">{() => <For act="keepCameras" page={<DiscoveryPage />} />}</Route>
            <Route path="/cameras/:cameraId/edit">{({ cameraId }) => <For act="keepCameras" page={<CameraEditor cameraId={cameraId} />} />}</Route>
            <Route path="/accounts">{() => <For act="keepAccounts" page={<AccountsPage />} />}</Route>
            <Route path="/account">{() => <OwnAccountPage />}</Route>
            <Route path="/audit/*?">{() => <For act="readAudit" page={<AuditPage />} />}</Route>
            <Route>{() => <Home />}</Route>
          </Switch>
        </Suspense>
      </Shell>
    </EventsProvider>
  );
}

/** A page, or who may see it. */
function For({ act, page }: { readonly act: Act; readonly page: React.ReactNode }) {
  const { t } = useTranslation();
  const { may } = useSession();
  if (may(act)) return page;
  return (
    <div className="state">
      <p className="state-title">{t("ui.notYours")}</p>
      <p>
        <MayDo act={act} />
      </p>
    </div>
  );
}

/** The page where the role's day begins. */
function Home() {
  const { staff } = useSession();
  return <Redirect to={FIRST_PAGE[staff.role]} replace />;
}
