import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { AnnouncementDraftSummary, DraftContent } from "../api/announcement-drafts.ts";
import { expectAccessible, fill, openConsole, withConsole } from "../testing/console.tsx";
import { announcement, announcementDetail, problem } from "../testing/fake-gateway.ts";

const { gateway } = withConsole();

const PREVIEW = {
  worded: true,
  people: 1234,
  channels: [
    { channel: "push", recipients: 900, sms_parts: null, cost_pln: null },
    { channel: "sms", recipients: 334, sms_parts: 668, cost_pln: 53.44 },
  ],
  organisations: ["Szpital Powiatowy", "Szkoła nr 2"],
  sms: [{ language: "pl", text: "Nie ma wody na Rynku.", encoding: "gsm-7", characters: 21, parts: 1, recipients: 334, cost_pln: 53.44, written: "Nie ma wody na Rynku.", unrepresentable: [], shortened: false }],
  wordings: [
    { channel: "push", language: "pl", title: "Nie ma wody na Rynku", text: "Pękła rura.", recipients: 900 },
    { channel: "sms", language: "pl", title: "", text: "Nie ma wody na Rynku.", recipients: 334 },
  ],
  budget: null,
  approval_needed: [],
  cost_pln: 53.44,
  geometry: null,
  addresses: 541,
};

function kept(change: Partial<AnnouncementDraftSummary> = {}, content: DraftContent | object = {}): AnnouncementDraftSummary {
  return {
    id: "d1",
    version: 1,
    state: "draft",
    content: content as DraftContent,
    authors: ["staff-editor"],
    created_by: "staff-editor",
    created_at: "2026-11-22T10:00:00Z",
    changed_by: "staff-editor",
    changed_at: "2026-11-22T10:00:00Z",
    submitted_by: null,
    submitted_at: null,
    approval: null,
    returned: null,
    announcement_id: null,
    published_version: null,
    attachments: [],
    ...change,
  };
}

function withAnnouncements() {
  gateway().json("GET /api/v1/town/announcements", { items: [announcement()], next_cursor: null });
  gateway().json("GET /api/v1/town/announcements/a1", announcementDetail());
  gateway().json("GET /api/v1/town/announcements/a1/progress", announcement().progress);
  gateway().json("GET /api/v1/town/announcement-drafts", { items: [], next_cursor: null });
  gateway().json("GET /api/v1/town/announcement-templates", []);
}

/** A service that keeps drafts: each saving is a version, and handing in makes it what `became` says. */
function withDrafts(became: Partial<AnnouncementDraftSummary> = { state: "published", announcement_id: "a1" }) {
  let now = kept();
  gateway().on("POST /api/v1/town/announcement-drafts", async (request) => Response.json((now = kept({}, (await request.json()) as object)), { status: 201 }));
  gateway().on("PUT /api/v1/town/announcement-drafts/d1", async (request) => Response.json((now = kept({ version: now.version + 1 }, (await request.json()) as object))));
  gateway().on("POST /api/v1/town/announcement-drafts/d1/submission", () => Response.json((now = { ...now, version: now.version + 1, ...became })));
  gateway().on("GET /api/v1/town/announcement-drafts/d1", () => Response.json(now));
}

async function write(user: ReturnType<typeof openConsole>["user"]) {
  await user.selectOptions(await screen.findByLabelText("Czego dotyczy"), "water");
  await fill(user, screen.getByLabelText("Tytuł"), "Nie ma wody na Rynku");
  await fill(user, screen.getByLabelText("Tekst"), "Pękła rura.");
  await user.click(screen.getByRole("button", { name: "Sprawdź przed wysłaniem" }));
}

describe("issuing", () => {
  it("says everything that is missing before it asks the server", async () => {
    withAnnouncements();
    const { user, container } = openConsole(gateway(), "/announcements/new", "editor");
    await user.click(await screen.findByRole("button", { name: "Sprawdź przed wysłaniem" }));
    const alert = await screen.findByRole("alert");
    expect(within(alert).getAllByRole("listitem").map((item) => item.textContent)).toEqual([
      "Wybierz, czego komunikat dotyczy.",
      "Napisz tytuł po polsku.",
      "Napisz tekst po polsku.",
    ]);
    expect(gateway().asked("POST /api/v1/town/announcements/preview")).toEqual([]);
    await expectAccessible(container);
  });

  it("says in which language and field a template's blank is left, and takes a translation away whole", async () => {
    withAnnouncements();
    withDrafts();
    gateway().json("POST /api/v1/town/announcements/preview", PREVIEW);
    const { user } = openConsole(gateway(), "/announcements/new", "editor");
    await user.selectOptions(await screen.findByLabelText("Czego dotyczy"), "water");
    await fill(user, screen.getByLabelText("Tytuł"), "Nie ma wody: {ulica}");
    await fill(user, screen.getByLabelText("Tekst"), "Pękła rura.");
    await user.click(screen.getByRole("tab", { name: /^English/ }));
    await fill(user, screen.getByLabelText("Tytuł"), "No water");
    await fill(user, screen.getByLabelText("Tekst"), "Until {hour}.");
    await user.click(screen.getByRole("button", { name: "Sprawdź przed wysłaniem" }));
    const alert = await screen.findByRole("alert");
    expect(within(alert).getByText("{ulica} (Polski: tytuł), {hour} (English: tekst)")).toBeVisible();
    expect(screen.getByRole("tab", { name: /^Polski/ })).toHaveTextContent("popraw");
    expect(screen.getByRole("tab", { name: /^English/ })).toHaveTextContent("popraw");
    expect(screen.getByText("Puste miejsce z szablonu: w miejsce {hour} wpisz słowa.")).toBeVisible();

    await user.click(screen.getByRole("button", { name: "Usuń to tłumaczenie" }));
    expect(screen.getByRole("tab", { name: /^English/ })).toHaveTextContent("bez tekstu");
    await user.click(screen.getByRole("tab", { name: /^Polski/ }));
    await user.clear(screen.getByLabelText("Tytuł"));
    await fill(user, screen.getByLabelText("Tytuł"), "Nie ma wody na Rynku");
    await user.click(screen.getByRole("button", { name: "Sprawdź przed wysłaniem" }));
    expect(await screen.findByText("Dostaną to 1234 osoby.")).toBeVisible();
  });

  it("shows recipients, parts and cost, and sends only after the second press", async () => {
    withAnnouncements();
    const { user, container } = openConsole(gateway(), "/announcements/new", "editor");
    gateway().json("POST /api/v1/town/announcements/preview", PREVIEW);
    withDrafts();
    await write(user);
    expect(await screen.findByText("Dostaną to 1234 osoby.")).toBeVisible();
    expect(screen.getByText("Pójdzie też do organizacji: Szpital Powiatowy, Szkoła nr 2.")).toBeVisible();
    expect(screen.getByRole("row", { name: /SMS 334 668 53,44/ })).toBeVisible();
    expect(screen.getByText("21 znaków, 1 część, GSM-7", { exact: false })).toBeVisible();
    await expectAccessible(container);
    expect(gateway().asked("POST /api/v1/town/announcement-drafts/d1/submission")).toEqual([]);

    await user.click(screen.getByRole("button", { name: "Wyślij do 1234 osób" }));
    await waitFor(() => expect(window.location.pathname).toBe("/announcements/a1"));
    const [made] = gateway().asked("POST /api/v1/town/announcement-drafts");
    expect(made?.body).toMatchObject({ category: "water", area: { kind: "town" }, channels: ["push", "email"], valid_from: null, publish_at: null });
    expect(made?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f-]{36}$/);
    expect(gateway().asked("POST /api/v1/town/announcement-drafts/d1/submission")[0]?.headers.get("If-Match")).toMatch(/^"\d+"$/);
    expect(sessionStorage.length).toBe(0);
  });

  it("says that parts and cost are not known while the notifier does not answer, and lets it be sent all the same", async () => {
    withAnnouncements();
    withDrafts();
    const away = { ...PREVIEW, worded: false, cost_pln: null, sms: [], wordings: [], channels: [{ channel: "sms", recipients: 334, sms_parts: null, cost_pln: null, off: false }, { channel: "push", recipients: 9, sms_parts: null, cost_pln: null, off: true }] };
    gateway().json("POST /api/v1/town/announcements/preview", away);
    const { user } = openConsole(gateway(), "/announcements/a1/update", "editor");
    await user.click(await screen.findByRole("button", { name: "Sprawdź przed wysłaniem" }));
    expect(await screen.findByText(/Wysyłka \(notifier\) nie odpowiada/)).toBeVisible();
    expect(screen.getByRole("row", { name: "SMS 334 nieznane nieznane" })).toBeVisible();
    expect(screen.getByText("miasto nie ma dostawcy: nic nie wyjdzie")).toBeVisible();
    expect(screen.getByRole("button", { name: "Wyślij zmianę" })).toBeEnabled();
  });

  it("saves itself while one writes, and goes on when it gets an address", async () => {
    withAnnouncements();
    withDrafts();
    const { user } = openConsole(gateway(), "/announcements/new", "editor");
    const title = await screen.findByLabelText("Tytuł");
    await fill(user, title, "Nie ma wody");
    await waitFor(() => expect(window.location.pathname).toBe("/announcements/drafts/d1"));
    expect(await screen.findByText(/Szkic zapisany o/)).toBeVisible();
    expect(screen.getByLabelText("Tytuł")).toBe(title);
    await fill(user, title, " na Rynku");
    await waitFor(() => expect(gateway().asked("PUT /api/v1/town/announcement-drafts/d1")).toHaveLength(1));
    expect(gateway().asked("PUT /api/v1/town/announcement-drafts/d1")[0]?.headers.get("If-Match")).toBe('"1"');
    expect(gateway().asked("POST /api/v1/town/announcement-drafts")).toHaveLength(1);
  });

  it("says over the whole form that it is a drill, and what is amiss in other languages", async () => {
    withAnnouncements();
    withDrafts();
    gateway().json("POST /api/v1/town/announcements/preview", PREVIEW);
    const { user, container } = openConsole(gateway(), "/announcements/new", "editor");
    await user.click(await screen.findByLabelText(/To są ćwiczenia/));
    expect(screen.getByText("ĆWICZENIA", { selector: "strong" })).toBeVisible();
    await write(user);
    const warnings = await screen.findByRole("list", { name: "Na co spojrzeć w innych językach" });
    expect(within(warnings).getAllByRole("listitem")).toHaveLength(2);
    expect(screen.getByRole("button", { name: "Wyślij ĆWICZENIA do 1234 osób" })).toBeVisible();
    await expectAccessible(container);
  });

  it("goes to a second person when the town's rule asks for one", async () => {
    withAnnouncements();
    withDrafts({ state: "waiting_approval", submitted_at: "2026-11-22T10:00:00Z", approval: { reasons: ["emergency", "cost"], cost_pln: 53.44, until: "2026-11-22T12:00:00Z", decided_by: null, decided_at: null } });
    gateway().json("POST /api/v1/town/announcements/preview", { ...PREVIEW, approval_needed: ["emergency", "cost"] });
    const { user, container } = openConsole(gateway(), "/announcements/new", "editor");
    await write(user);
    await user.click(await screen.findByRole("button", { name: "Oddaj do akceptacji" }));
    expect(await screen.findByText(/więc zgodzić musi się ktoś inny/)).toBeVisible();
    expect(screen.queryByRole("button", { name: "Zgadzam się, wyślij" })).toBeNull();
    expect(screen.getByRole("button", { name: "Wycofaj" })).toBeVisible();
    await expectAccessible(container);
  });

  it("keeps the words over a reload until they are sent or thrown away", async () => {
    withAnnouncements();
    const first = openConsole(gateway(), "/announcements/new", "editor");
    await fill(first.user, await screen.findByLabelText("Tytuł"), "Nie ma wody");
    first.unmount();
    gateway().on("POST /api/v1/town/announcement-drafts", () => problem(503, "unavailable"));
    const second = openConsole(gateway(), "/announcements/new", "editor");
    expect(await screen.findByLabelText("Tytuł")).toHaveValue("Nie ma wody");
    expect(await screen.findByText(/Szkicu nie udało się zapisać/)).toBeVisible();
    await second.user.click(screen.getByRole("button", { name: "Porzuć" }));
    await waitFor(() => expect(sessionStorage.length).toBe(0));
  });
});

describe("an announcement that is out", () => {
  it("shows how it fares on each channel, and its history", async () => {
    withAnnouncements();
    const { container } = openConsole(gateway(), "/announcements/a1", "editor");
    const progress = await screen.findByRole("region", { name: "Doręczanie" });
    expect(within(progress).getByText(/Wysłano 5 z 6/)).toBeVisible();
    expect(within(progress).getByRole("row", { name: "e-mail 0 0 2 0" })).toBeVisible();
    expect(screen.getByText(/Wydany \(wersja 1\)/)).toBeVisible();
    await expectAccessible(container);
  });

  it("tells how fast it went and why it did not reach some, with what to do about it", async () => {
    withAnnouncements();
    const [version] = announcement().progress;
    const push = version?.channels[0];
    if (version === undefined || push === undefined) throw new Error("no progress");
    const sms = { ...push, channel: "sms" as const, sent: 0, delivered: 90, failed: 4, expired: 1, cancelled: 5, spared_by_push: 5, causes: { bad_number: 1, over_budget: 3, too_late: 1 }, pace_s: [1.2, 9, null] };
    gateway().json("GET /api/v1/town/announcements/a1", announcementDetail({ progress: [{ ...version, channels: [push, sms] }] }));
    gateway().json("GET /api/v1/town/announcements/a1/progress", [{ ...version, channels: [push, sms] }]);
    const { container } = openConsole(gateway(), "/announcements/a1", "editor");
    const progress = within(await screen.findByRole("region", { name: "Doręczanie" }));
    expect(progress.getByRole("row", { name: /^SMS\s?5 niepotrzebnych: powiadomienie już się pokazało 0 0 90 5 1,2 s 9 s –$/ })).toBeVisible();
    const [first] = progress.getAllByRole("listitem");
    expect(first).toHaveTextContent(/SMS: wstrzymane: budżet wyczerpany \(3\).*Administrator może podnieść limit/);
    await expectAccessible(container);
  });

  it("is called off with a reason and the version that was looked at", async () => {
    withAnnouncements();
    const { user } = openConsole(gateway(), "/announcements/a1", "editor");
    gateway().json("POST /api/v1/town/announcements/a1/cancellation", announcementDetail({ state: "cancelled", version: 2, kind: "cancelled" }));
    await user.click(await screen.findByRole("button", { name: "Odwołaj" }));
    await user.click(await screen.findByRole("button", { name: "Odwołaj i powiadom" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Uzupełnij tytuł i powód: Polski");
    await fill(user, screen.getByLabelText("Dlaczego odwołujemy"), "Naprawione.");
    await user.click(screen.getByRole("button", { name: "Odwołaj i powiadom" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(gateway().asked("POST /api/v1/town/announcements/a1/cancellation")[0]?.body).toEqual({
      expected_version: 1,
      texts: { pl: { title: "Odwołane: Nie ma wody na Rynku", body: "Naprawione.", instruction: "", sms: "" } },
    });
  });

  it("does not overwrite what somebody else changed meanwhile", async () => {
    withAnnouncements();
    const { user } = openConsole(gateway(), "/announcements/a1/update", "editor");
    gateway().json("POST /api/v1/town/announcements/preview", PREVIEW);
    withDrafts();
    gateway().on("POST /api/v1/town/announcement-drafts/d1/submission", () => problem(409, "version-conflict"));
    await user.click(await screen.findByRole("button", { name: "Sprawdź przed wysłaniem" }));
    await user.click(await screen.findByRole("button", { name: "Wyślij zmianę" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Ktoś zmienił ten komunikat przed Tobą");
    expect(gateway().asked("POST /api/v1/town/announcement-drafts")[0]?.body).toMatchObject({ announcement_id: "a1", expected_version: 1, severity: "warning" });
  });

  it("can be read by others, who are told who may write", async () => {
    withAnnouncements();
    openConsole(gateway(), "/announcements/a1", "operator");
    expect(await screen.findByRole("heading", { name: "Nie ma wody na Rynku" })).toBeVisible();
    expect(screen.getByText("Wydawać i odwoływać komunikaty może: redaktor komunikatów lub administrator.")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Odwołaj" })).toBeNull();
  });
});

describe("four eyes", () => {
  const content = { category: "water", severity: "emergency", texts: { pl: { title: "Nie pij wody", body: "Jest skażona.", instruction: "", sms: "" } }, area: { kind: "town" }, valid_until: "2036-11-22T18:00:00Z", channels: ["push"] };
  const waiting = () => kept({ state: "waiting_approval", version: 4, authors: ["staff-other"], submitted_at: "2026-11-22T10:00:00Z", approval: { reasons: ["emergency"], cost_pln: 0, until: "2026-11-22T12:00:00Z", decided_by: null, decided_at: null } }, content);

  function withWaiting() {
    withAnnouncements();
    gateway().json("GET /api/v1/town/announcement-drafts", { items: [waiting()], next_cursor: null });
    gateway().json("GET /api/v1/town/announcement-drafts/d1", waiting());
    gateway().json("POST /api/v1/town/announcements/preview", PREVIEW);
  }

  it("shows what waits for this person, who agrees to the version they have seen", async () => {
    withWaiting();
    const { user, container } = openConsole(gateway(), "/announcements/drafts", "dispatcher");
    gateway().json("POST /api/v1/town/announcement-drafts/d1/approval", { ...waiting(), state: "published", announcement_id: "a1" });
    const mine = await screen.findByRole("region", { name: "Czeka na Twoją zgodę" });
    expect(await screen.findByLabelText("1 czeka na Twoją zgodę")).toBeVisible();
    await user.click(within(mine).getByRole("link", { name: /Nie pij wody/ }));
    expect(await screen.findByText("Dostaną to 1234 osoby.")).toBeVisible();
    await expectAccessible(container);
    await user.click(screen.getByRole("button", { name: "Zgadzam się, wyślij" }));
    await waitFor(() => expect(window.location.pathname).toBe("/announcements/a1"));
    expect(gateway().asked("POST /api/v1/town/announcement-drafts/d1/approval")[0]?.headers.get("If-Match")).toBe('"4"');
  });

  it("is sent back only with a reason", async () => {
    withWaiting();
    const { user } = openConsole(gateway(), "/announcements/drafts/d1", "editor");
    const sentBack = kept({ state: "rejected", version: 5, authors: ["staff-other"], returned: { why: "rejected", detail: "Zły adres", by: "staff-editor", at: "2026-11-22T11:00:00Z" } }, content);
    gateway().on("POST /api/v1/town/announcement-drafts/d1/rejection", () => {
      gateway().json("GET /api/v1/town/announcement-drafts/d1", sentBack);
      return Response.json(sentBack);
    });
    await user.click(await screen.findByRole("button", { name: "Odeślij do poprawy" }));
    const dialog = await screen.findByRole("dialog");
    await user.click(within(dialog).getByRole("button", { name: "Odeślij do poprawy" }));
    expect(within(dialog).getByText("Napisz, co trzeba poprawić.")).toBeVisible();
    await fill(user, within(dialog).getByLabelText("Dlaczego"), "Zły adres");
    await user.click(within(dialog).getByRole("button", { name: "Odeślij do poprawy" }));
    expect(await screen.findByText("Zły adres")).toBeVisible();
    expect(screen.getByLabelText("Tytuł")).toHaveValue("Nie pij wody");
    expect(gateway().asked("POST /api/v1/town/announcement-drafts/d1/rejection")[0]?.body).toEqual({ reason: "Zły adres" });
  });
});
