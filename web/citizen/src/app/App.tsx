import { lazy, Suspense, useState } from "react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { asProblem, Skeleton } from "@hejnal/shared";
import { Redirect, Route, Switch } from "wouter";
import { HomePage } from "../announcements/HomePage.tsx";
import { Layout } from "./Layout.tsx";

const AnnouncementPage = lazy(() => import("../announcements/AnnouncementPage.tsx"));
const ReportFlow = lazy(() => import("../reports/ReportFlow.tsx"));
const MyReportsPage = lazy(() => import("../reports/MyReportsPage.tsx"));
const ReportPage = lazy(() => import("../reports/ReportPage.tsx"));
const SignInPage = lazy(() => import("../residents/SignInPage.tsx"));
const AccountPage = lazy(() => import("../residents/AccountPage.tsx"));
const NoticesPage = lazy(() => import("../notices/NoticesPage.tsx"));
const CamerasPage = lazy(() => import("../cameras/CamerasPage.tsx"));
const CameraPage = lazy(() => import("../cameras/CameraPage.tsx"));
const FootagePage = lazy(() => import("../footage/FootagePage.tsx"));
const FootageRequestPage = lazy(() => import("../footage/FootageRequestPage.tsx"));
const ConsultationsPage = lazy(() => import("../consultations/ConsultationsPage.tsx"));
const ConsultationPage = lazy(() => import("../consultations/ConsultationPage.tsx"));
const ContactsPage = lazy(() => import("../pages/ContactsPage.tsx"));
const SirensPage = lazy(() => import("../pages/SirensPage.tsx"));
const OpenDataPage = lazy(() => import("../pages/OpenDataPage.tsx"));
const AccessibilityPage = lazy(() => import("../pages/AccessibilityPage.tsx"));
const AboutPage = lazy(() => import("../pages/AboutPage.tsx"));
const NotFoundPage = lazy(() => import("../pages/NotFoundPage.tsx"));

/** Queries try again only where it can help; data stays for a day, so that a lost connection empties no page. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        gcTime: 24 * 3_600_000,
        networkMode: "always", // the service worker answers offline
        retry: (failures, cause) => failures < 2 && asProblem(cause).kind === "unavailable",
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
}

export function Routes() {
  return (
    <Suspense fallback={<Skeleton />}>
      <Switch>
        <Route path="/" component={HomePage} />
        <Route path="/komunikaty/:id">{({ id }) => <AnnouncementPage id={id} />}</Route>
        <Route path="/announcements/:id">{({ id }) => <Redirect to={`/komunikaty/${id}`} replace />}</Route>
        <Route path="/komunikaty">
          <Redirect to="/" replace />
        </Route>
        <Route path="/zglos/:step?">{({ step }) => <ReportFlow step={step} />}</Route>
        <Route path="/zgloszenia" component={MyReportsPage} />
        <Route path="/zgloszenia/:id">{({ id }) => <ReportPage id={id} />}</Route>
        <Route path="/reports/:id">{({ id }) => <Redirect to={`/zgloszenia/${id}${window.location.search}`} replace />}</Route>
        <Route path="/powiadomienia" component={NoticesPage} />
        <Route path="/logowanie" component={SignInPage} />
        <Route path="/konto" component={AccountPage} />
        <Route path="/kamery" component={CamerasPage} />
        <Route path="/kamery/:id">{({ id }) => <CameraPage id={id} />}</Route>
        <Route path="/nagranie" component={FootagePage} />
        <Route path="/nagranie/:id">{({ id }) => <FootageRequestPage id={id} />}</Route>
        <Route path="/konsultacje" component={ConsultationsPage} />
        <Route path="/konsultacje/:id">{({ id }) => <ConsultationPage key={id} id={id} />}</Route>
        <Route path="/kontakty" component={ContactsPage} />
        <Route path="/syreny" component={SirensPage} />
        <Route path="/dane" component={OpenDataPage} />
        <Route path="/dostepnosc" component={AccessibilityPage} />
        <Route path="/o-serwisie" component={AboutPage} />
        <Route component={NotFoundPage} />
      </Switch>
    </Suspense>
  );
}

export function App() {
  const [queries] = useState(createQueryClient);
  return (
    <QueryClientProvider client={queries}>
      <Layout>
        <Routes />
      </Layout>
    </QueryClientProvider>
  );
}
