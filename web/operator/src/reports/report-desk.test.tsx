import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { expectAccessible, fill, openConsole, withConsole } from "../testing/console.tsx";
import { problem, report, reportSummary } from "../testing/fake-gateway.ts";

const { gateway } = withConsole();

function withReport(change: Parameters<typeof report>[0] = {}) {
  gateway().json("GET /api/v1/town/reports", { items: [reportSummary(), reportSummary({ id: "r2", reference: "Z-2026-00007", excerpt: "Ta sama dziura" })], next_cursor: null });
  gateway().json("GET /api/v1/town/reports/r1", report(change));
}

describe("one report", () => {
  it("says who else has the trouble, how it was answered, and how it stands in the other system", async () => {
    withReport({
      me_too: 12,
      reopened: 1,
      satisfaction: { rating: 2, comment: "Nadal jest dziura", at: "2026-11-22T11:00:00Z" },
      open311: { state: "failed", service_request_id: null, status: null, error: "503 from the back office.", attempts: 4, next_at: null, updated_at: "2026-11-22T11:00:00Z" },
    });
    const { container } = openConsole(gateway(), "/reports/r1", "clerk");
    expect((await screen.findAllByText("jeszcze 12 osób")).length).toBeGreaterThan(0);
    expect(screen.getByText("2 z 5", { exact: false })).toBeVisible();
    expect(screen.getByText("Nadal jest dziura")).toBeVisible();
    expect(screen.getByText(/503 from the back office. Po 4 próbach/)).toBeVisible();
    await expectAccessible(container);
  });

  it("takes private words once, and shows them", async () => {
    withReport();
    const { user } = openConsole(gateway(), "/reports/r1", "clerk");
    gateway().json("POST /api/v1/town/reports/r1/messages", report({ messages: [{ id: "m1", author: "staff", text: "Gdzie dokładnie?", at: "2026-11-22T11:00:00Z", by: "staff-clerk" }] }), 201);
    const room = await screen.findByRole("region", { name: "Wiadomości prywatne" });
    await user.click(within(room).getByRole("button", { name: "Wyślij wiadomość" }));
    expect(within(room).getByText("Napisz wiadomość.")).toBeVisible();
    await fill(user, within(room).getByLabelText("Napisz do autora"), "Gdzie dokładnie?");
    await user.click(within(room).getByRole("button", { name: "Wyślij wiadomość" }));
    expect(await within(room).findByText("Gdzie dokładnie?")).toBeVisible();
    expect(within(room).getByLabelText("Napisz do autora")).toHaveValue("");
    const sent = gateway().asked("POST /api/v1/town/reports/r1/messages");
    expect(sent.map(({ body }) => body)).toEqual([{ text: "Gdzie dokładnie?" }]);
    expect(sent[0]?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("shows its text to everybody only with a reason", async () => {
    withReport();
    const { user } = openConsole(gateway(), "/reports/r1", "clerk");
    gateway().json("POST /api/v1/town/reports/r1/moderation", report({ text_public: true }), 201);
    await user.click(await screen.findByRole("button", { name: "Pokaż tekst wszystkim" }));
    const dialog = await screen.findByRole("dialog");
    await user.click(within(dialog).getByRole("button", { name: "Pokaż wszystkim" }));
    expect(within(dialog).getByText("Napisz, dlaczego.")).toBeVisible();
    await fill(user, within(dialog).getByLabelText("Dlaczego"), "Bez danych osobowych");
    await user.click(within(dialog).getByRole("button", { name: "Pokaż wszystkim" }));
    expect(await screen.findByText("Tekst zgłoszenia jest na stronie dla wszystkich.")).toBeVisible();
    expect(gateway().asked("POST /api/v1/town/reports/r1/moderation")[0]?.body).toEqual({ action: "show", subject: "text", photo_id: null, reason: "Bez danych osobowych" });
  });

  it("has parts of a photo covered by keys alone", async () => {
    withReport();
    const { user } = openConsole(gateway(), "/reports/r1", "clerk");
    gateway().json("PUT /api/v1/town/reports/r1/photos/p1/blur", report());
    const thumb = await screen.findByRole("button", { name: "Zdjęcie 1 z 1" });
    thumb.focus();
    await user.keyboard("{Enter}");
    (await screen.findByRole("button", { name: "Zasłoń fragmenty" })).focus();
    await user.keyboard("{Enter}");
    (await screen.findByRole("button", { name: "Dodaj zasłonę" })).focus();
    await user.keyboard("{Enter}");
    screen.getByRole("button", { name: /^Przesuń zasłonę 1/ }).focus();
    await user.keyboard("{Shift>}{ArrowRight}{ArrowRight}{/Shift}{ArrowUp}");
    await expectAccessible(screen.getByRole("dialog"));
    screen.getByRole("button", { name: "Zamaż" }).focus();
    await user.keyboard("{Enter}");
    await waitFor(() => expect(gateway().asked("PUT /api/v1/town/reports/r1/photos/p1/blur")).toHaveLength(1));
    expect(gateway().asked("PUT /api/v1/town/reports/r1/photos/p1/blur")[0]?.body).toEqual({ rectangles: [{ x: 0.4, y: 0.29, width: 0.2, height: 0.2 }], reason: "" });
  });

  it("is merged into one nearby, and says so when somebody was faster", async () => {
    withReport();
    const { user } = openConsole(gateway(), "/reports/r1", "clerk");
    gateway().on("POST /api/v1/town/reports/r1/merge", () => problem(409, "version-conflict"));
    await user.click(await screen.findByRole("button", { name: "To samo co inne…" }));
    const dialog = await screen.findByRole("dialog");
    await user.click(within(dialog).getByRole("button", { name: "Połącz i zamknij" }));
    expect(within(dialog).getByText("Wybierz zgłoszenie, z którym połączyć.")).toBeVisible();
    await user.click(await within(dialog).findByRole("radio", { name: /Z-2026-00007/ }));
    expect(within(dialog).getAllByRole("radio")).toHaveLength(1);
    await expectAccessible(dialog);
    await user.click(within(dialog).getByRole("button", { name: "Połącz i zamknij" }));
    expect(await within(dialog).findByText(/Zmieniono to w międzyczasie/)).toBeVisible();
    expect(gateway().asked("POST /api/v1/town/reports/r1/merge")[0]?.body).toEqual({ into: "r2", expected_version: 1 });
  });

  it("lets an operator look and nothing more", async () => {
    withReport();
    openConsole(gateway(), "/reports/r1", "operator");
    await screen.findByRole("region", { name: "Wiadomości prywatne" });
    for (const name of ["To samo co inne…", "Pokaż tekst wszystkim", "Wyślij wiadomość"]) expect(screen.queryByRole("button", { name })).toBeNull();
  });
});

describe("categories", () => {
  const words = (text: string) => ({ pl: text, en: text, uk: text });
  const roads = { code: "roads", names: words("Drogi"), unit: "ZDM", routes: [], anonymous_allowed: true, urgent: false, questions: [], open311: "realtime", position: 1, archived: false, version: 3, open_reports: 2 };

  it("get questions of their own, saved upon the version that was opened", async () => {
    gateway().json("GET /api/v1/town/report-categories", { items: [roads] });
    const { user, container } = openConsole(gateway(), "/report-categories/roads", "editor");
    gateway().on("PUT /api/v1/town/report-categories/roads", async (request) => Response.json({ ...roads, ...((await request.json()) as object), version: 4 }));
    await user.click(await screen.findByRole("button", { name: "Dodaj pytanie" }));
    await user.selectOptions(screen.getByLabelText("Jak się odpowiada"), "number");
    await fill(user, screen.getByLabelText("Pytanie 1: treść: Polski"), "Ile metrów?");
    await user.click(screen.getByRole("button", { name: "Zapisz" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Każde pytanie potrzebuje treści w każdym języku.");
    await expectAccessible(container);
    await fill(user, screen.getByLabelText("Pytanie 1: treść: English"), "How many metres?");
    await fill(user, screen.getByLabelText("Pytanie 1: treść: Українська"), "Скільки метрів?");
    await user.click(screen.getByRole("button", { name: "Zapisz" }));
    await waitFor(() => expect(gateway().asked("PUT /api/v1/town/report-categories/roads")).toHaveLength(1));
    const [sent] = gateway().asked("PUT /api/v1/town/report-categories/roads");
    expect(sent?.headers.get("If-Match")).toBe('"3"');
    expect(sent?.body).toMatchObject({ unit: "ZDM", questions: [{ code: "ile_metrow", kind: "number", required: false, choices: [], hint: null }] });
  });
});
