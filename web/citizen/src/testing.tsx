import type { ReactElement } from "react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, type RenderResult } from "@testing-library/react";
import { type Language, startI18n } from "@hejnal/shared";
import { Router } from "wouter";
import { memoryLocation } from "wouter/memory-location";
import type { AnnouncementDetail, CameraRegister, Me, ReporterView, Town } from "./api.ts";
import { Layout } from "./app/Layout.tsx";
import { CATALOGUES } from "./i18n/catalogues.ts";

const QUESTIONS: Town["report_categories"][number]["questions"] = [
  { code: "lamp", kind: "string", required: false, label: { pl: "Numer latarni", en: "Number of the lamp", uk: "Номер ліхтаря" }, choices: [], hint: null },
  {
    code: "what",
    kind: "single",
    required: true,
    label: { pl: "Co się dzieje?", en: "What is it?", uk: "Що сталося?" },
    hint: { pl: "Wybierz jedno.", en: "Choose one.", uk: "Виберіть одне." },
    choices: [
      { code: "dark", label: { pl: "Nie świeci", en: "It is dark", uk: "Не світить" } },
      { code: "blinks", label: { pl: "Mruga", en: "It blinks", uk: "Блимає" } },
    ],
  },
];

/** Bugielsk in small. */
export const TOWN: Town = {
  name: "Bugielsk",
  teryt: "2699011",
  center: { lat: 51.05, lon: 20.95 },
  bounds: [20.9, 51.02, 21, 51.08],
  boundary: {},
  languages: ["pl", "en", "uk"],
  vapid_public_key: "BHG5nxb1nnnE5xdLnPrsurlw2MNKmJ2D0ev2cA9Z0GgxuH-iL70MRcgFEbHUuf76ceT2Wqf2m_KSYAr9pFh1KbI",
  map_url: "/map/town.pmtiles",
  announcement_categories: [
    { code: "water", icon: "water", names: { pl: "Woda", en: "Water", uk: "Вода" } },
    { code: "power", icon: "power", names: { pl: "Prąd", en: "Power", uk: "Світло" } },
  ],
  report_categories: [
    { code: "lighting", names: { pl: "Oświetlenie", en: "Lighting", uk: "Освітлення" }, unit: "Zarząd Dróg", anonymous_allowed: true, urgent: false, questions: QUESTIONS },
    { code: "noise", names: { pl: "Hałas", en: "Noise", uk: "Шум" }, unit: "Straż Miejska", anonymous_allowed: false, urgent: false, questions: [] },
    { code: "danger", names: { pl: "Zagrożenie", en: "Danger", uk: "Небезпека" }, unit: "Straż Miejska", anonymous_allowed: true, urgent: true, questions: [] },
  ],
  consent: { version: "2026-11", legal_basis: "art. 6", texts: { pl: "Zgadzam się na komunikaty." } },
};

const NOW = Date.now();
export function inHours(hours: number): string {
  return new Date(NOW + hours * 3_600_000).toISOString();
}

export function announcement(part: Partial<AnnouncementDetail> = {}): AnnouncementDetail {
  const texts = { pl: { title: "Nie ma wody na Młyńskiej", body: "Pękła rura.", instruction: "Zakręć krany.", sms: "" } };
  const common = {
    category: "water",
    severity: "warning" as const,
    texts,
    area: { kind: "streets" as const, streets: ["Młyńska", "Rynek"] },
    valid_from: inHours(-1),
    valid_until: inHours(5),
    issued_at: inHours(-1),
    attachments: [],
    origins: { pl: "written" as const },
  };
  return {
    ...common,
    id: "a1",
    version: 2,
    kind: "updated",
    state: "active",
    center: [20.95, 51.05],
    drill: false,
    updated_at: inHours(-0.5),
    geometry: { type: "Point", coordinates: [20.95, 51.05] },
    history: [
      { ...common, version: 2, kind: "updated" },
      { ...common, version: 1, kind: "issued" },
    ],
    ...part,
  };
}

export const REPORT: ReporterView = {
  id: "r1",
  reference: "Z-2026-00001",
  category: "lighting",
  text: "Latarnia nie świeci.",
  place: { lat: 51.05, lon: 20.95 },
  address: "Rynek 2",
  status: "in_progress",
  outcome: null,
  version: 2,
  photos: [{ id: "p1", width: 10, height: 10, size_bytes: 100, url: "reports/r1/photos/p1" }],
  events: [
    { at: inHours(-2), status: "received", outcome: null, answer: "" },
    { at: inHours(-1), status: "in_progress", outcome: null, answer: "Elektryk już jedzie." },
  ],
  submitted_at: inHours(-2),
  updated_at: inHours(-1),
  answers: { what: "dark", lamp: "17" },
  me_too: 2,
  messages: 0,
  rating: null,
  can_reopen: false,
  merged_into: null,
};

export const ME: Me = {
  id: "m1",
  created_at: inHours(-100),
  contacts: [
    { id: "c1", channel: "email", address: "anna@example.pl", verified_at: inHours(-100), consented: true, consented_at: inHours(-100), failed: null, failed_at: null },
    { id: "c2", channel: "sms", address: "+48600100200", verified_at: inHours(-100), consented: false, consented_at: null, failed: null, failed_at: null },
  ],
  subscription: {
    version: 3,
    language: "pl",
    filters: [{ categories: ["water"], min_severity: "info", places: [], channels: ["email"], label: "" }],
    quiet_hours: { starts: "22:00:00", ends: "06:00:00" },
    paused_until: null,
  },
};

export const CAMERAS: CameraRegister = {
  administrator: "Prezydent Miasta",
  protection_officer: "iod@bugielsk.example",
  legal_basis: "art. 9a ustawy o samorządzie gminnym",
  items: [
    {
      id: "cam-001",
      name: "Rynek, strona północna",
      place: { lat: 51.05, lon: 20.95 },
      address: "Rynek",
      purpose: "Porządek publiczny",
      view_cone: { azimuth_deg: 50, angle_deg: 55, range_m: 120 },
      keeps_footage: true,
      records_sound: false,
      keep_days: 30,
      changed_at: inHours(-100),
    },
  ],
};

interface Scene {
  readonly path?: string;
  readonly language?: Language;
  /** What the queries already know; keys as in the code. */
  readonly data?: readonly (readonly [readonly unknown[], unknown])[];
  readonly me?: Me | null;
}

/** Renders a page inside the app's frame, with data in place of the network. */
export async function renderPage(page: ReactElement, { path = "/", language = "pl", data = [], me = null }: Scene = {}): Promise<RenderResult> {
  await startI18n(CATALOGUES, language);
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity, retry: false, refetchInterval: false } } });
  queries.setQueryData(["town"], TOWN);
  queries.setQueryData(["me"], me);
  for (const [key, value] of data) queries.setQueryData([...key], value);
  const { hook, searchHook } = memoryLocation({ path });
  return render(
    <QueryClientProvider client={queries}>
      <Router hook={hook} searchHook={searchHook}>
        <Layout>{page}</Layout>
      </Router>
    </QueryClientProvider>,
  );
}
