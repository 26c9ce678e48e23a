import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { BackOffice, Open311Key } from "../api/open311.ts";
import { expectAccessible, fill, openConsole, withConsole } from "../testing/console.tsx";
import { backOfficeFaults, formOf } from "./back-office-form.ts";

const { gateway } = withConsole();

const KEY: Open311Key = { id: "k1", label: "Naprawmy to", hint: "9f3a", may_read: false, may_update: true, created_at: "2026-11-20T10:00:00Z", created_by: "staff-admin", last_used_at: null, revoked_at: null };

const OFFICE: BackOffice = {
  enabled: true,
  url: "https://zgloszenia.example.pl/open311/v2",
  jurisdiction_id: "",
  api_key_set: true,
  services: { roads: "001" },
  with_contact: false,
  poll_s: 300,
  version: 4,
  waiting: 2,
  sent: 17,
  failed: 1,
  last_error: "400: service_code 001 not found",
  polled_until: "2026-11-22T10:00:00Z",
};

const CATEGORY = { code: "roads", names: { pl: "Drogi", en: "Roads", uk: "Дороги" }, unit: "", archived: false, version: 1, questions: [], routes: [], anonymous_allowed: true, urgent: false, open311: "realtime", position: 1, open_reports: 0 };

describe("keys of other programs", () => {
  it("are made, shown once, and revoked", async () => {
    gateway().json("GET /api/v1/town/open311-keys", { items: [] });
    gateway().on("POST /api/v1/town/open311-keys", () => {
      gateway().json("GET /api/v1/town/open311-keys", { items: [KEY] });
      return Response.json({ ...KEY, api_key: "hejnal-secret-9f3a" }, { status: 201 });
    });
    gateway().on("DELETE /api/v1/town/open311-keys/k1", () => new Response(null, { status: 204 }));
    const { user, container } = openConsole(gateway(), "/open311-keys", "admin");
    expect(await screen.findByText(/Żaden program nie ma klucza/)).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Nowy klucz" }));
    const dialog = within(await screen.findByRole("dialog"));
    await user.click(dialog.getByRole("button", { name: "Zrób klucz" }));
    expect(dialog.getByText("Wpisz, czyj to klucz.")).toBeVisible();
    await fill(user, dialog.getByLabelText("Program"), "Naprawmy to");
    await user.click(dialog.getByRole("checkbox", { name: /odpowiadać i zamykać/ }));
    await user.click(dialog.getByRole("button", { name: "Zrób klucz" }));
    expect(await screen.findByText("hejnal-secret-9f3a")).toBeVisible();
    expect(gateway().asked("POST /api/v1/town/open311-keys")[0]?.body).toEqual({ label: "Naprawmy to", may_read: false, may_update: true });
    await user.click(screen.getByRole("button", { name: "Przekazałem, zamknij" }));
    await waitFor(() => expect(screen.queryByText("hejnal-secret-9f3a")).toBeNull());
    expect(await screen.findByText("jeszcze nigdy")).toBeVisible();
    await expectAccessible(container);
    await user.click(screen.getByRole("button", { name: "Unieważnij klucz: Naprawmy to" }));
    await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Unieważnij" }));
    await waitFor(() => expect(gateway().asked("DELETE /api/v1/town/open311-keys/k1")).toHaveLength(1));
  });

  it("are an administrator's alone", async () => {
    openConsole(gateway(), "/open311-keys", "clerk");
    expect(await screen.findByText(/Klucze innych programów i system zewnętrzny ustala: administrator/)).toBeVisible();
    expect(gateway().asked("GET /api/v1/town/open311-keys")).toEqual([]);
  });
});

describe("the back office", () => {
  it("tells how the exchange goes, and saves what is handed over with the version that was read", async () => {
    gateway().json("GET /api/v1/town/open311-back-office", OFFICE);
    gateway().json("GET /api/v1/town/report-categories", { items: [CATEGORY, { ...CATEGORY, code: "light", names: { pl: "Oświetlenie", en: "Light", uk: "Світло" } }] });
    gateway().json("PUT /api/v1/town/open311-back-office", { ...OFFICE, version: 5, failed: 0, last_error: "", services: { roads: "001", light: "7" } });
    const { user, container } = openConsole(gateway(), "/open311-back-office", "admin");
    expect(await screen.findByText("400: service_code 001 not found")).toBeVisible();
    expect(screen.getByText(/odrzucone pójdą jeszcze raz/)).toBeVisible();
    await fill(user, await screen.findByLabelText("Oświetlenie"), "7");
    await expectAccessible(container);
    await user.click(screen.getByRole("button", { name: "Zapisz" }));
    await waitFor(() => expect(screen.queryByText("400: service_code 001 not found")).toBeNull());
    const [sent] = gateway().asked("PUT /api/v1/town/open311-back-office");
    expect(sent?.headers.get("If-Match")).toBe('"4"');
    expect(sent?.body).toEqual({ enabled: true, url: OFFICE.url, jurisdiction_id: "", api_key: null, services: { roads: "001", light: "7" }, with_contact: false, poll_s: 300 });
  });

  it("never sends one office's key to another address, nor anything to no address", () => {
    const form = formOf(OFFICE);
    expect(backOfficeFaults(form, OFFICE)).toEqual([]);
    expect(backOfficeFaults({ ...form, url: "https://inny.example.pl" }, OFFICE)).toEqual(["key"]);
    expect(backOfficeFaults({ ...form, url: "https://inny.example.pl", apiKey: "nowy" }, OFFICE)).toEqual([]);
    expect(backOfficeFaults({ ...form, url: "ftp://x" , apiKey: "k" }, OFFICE)).toEqual(["url"]);
    expect(backOfficeFaults({ ...form, services: { roads: " " } }, OFFICE)).toEqual(["services"]);
    expect(backOfficeFaults({ ...form, pollMinutes: Number.NaN }, OFFICE)).toEqual(["poll"]);
  });
});
