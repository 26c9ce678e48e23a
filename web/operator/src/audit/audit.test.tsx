import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Look } from "../api/audit.ts";
import { expectAccessible, openConsole, withConsole } from "../testing/console.tsx";
import { auditPage, problem } from "../testing/fake-gateway.ts";

const { gateway } = withConsole();

const look: Look = {
  entry_id: "e-1",
  way: "live",
  action: "footage.live",
  actor_id: "staff-operator",
  actor_name: "Jan Kowalski",
  actor_role: "operator",
  camera_id: "cam-001",
  camera_name: "Rynek 1",
  object_id: "v-1",
  started_at: "2026-11-22T10:00:00Z",
  ended_at: "2026-11-22T10:03:00Z",
  duration_s: 180,
  footage_from: null,
  footage_until: null,
  reason: "Bójka",
  source_ip: "10.0.0.5",
  outcome: "allowed",
};
const total = { id: "staff-operator", name: "Jan Kowalski", way: "live" as const, looks: 1, footage_s: 180, first_at: look.started_at, last_at: look.started_at };

describe("the officer's questions", () => {
  it("who looked at a camera on a day; from there, what that person looked at", async () => {
    const { user, container } = openConsole(gateway(), "/audit", "dpo");
    gateway().json("GET /api/v1/accounts", { items: [] });
    gateway().json("GET /api/v1/audit/answers/camera", { camera_id: "cam-001", camera_name: "Rynek 1", day_from: "2026-11-21T23:00:00Z", day_until: "2026-11-22T23:00:00Z", people: [total], looks: [look], next_cursor: null });
    gateway().json("GET /api/v1/audit/answers/account", { account_id: "staff-operator", account_name: "Jan Kowalski", asked_from: "2026-11-21T23:00:00Z", asked_until: "2026-11-22T23:00:00Z", cameras: [{ ...total, id: "cam-001", name: "Rynek 1" }], looks: [look], next_cursor: null });
    const form = await screen.findByRole("form", { name: "Kto oglądał tę kamerę?" });
    await user.click(within(form).getByRole("button", { name: "Zapytaj" }));
    expect(gateway().asked("GET /api/v1/audit/answers/camera")).toEqual([]);
    expect(within(form).getByRole("alert")).toHaveTextContent("Wybierz kamerę.");
    await user.type(within(form).getByRole("combobox", { name: /^Wybierz kamerę/ }), "rynek 1");
    await user.click(await screen.findByRole("option", { name: /1 Rynek 1/ }));
    await user.click(within(form).getByRole("button", { name: "Zapytaj" }));
    expect(gateway().asked("GET /api/v1/audit/answers/camera")).toHaveLength(1);
    const table = await screen.findByRole("table", { name: "Każde obejrzenie" });
    expect(within(table).getByRole("cell", { name: "3 min" })).toBeVisible();
    expect(within(table).getByRole("cell", { name: "Bójka" })).toBeVisible();
    await expectAccessible(container);
    await user.click(within(table).getByRole("button", { name: "Jan Kowalski" }));
    expect(await screen.findByRole("heading", { name: /^Co oglądał\(a\): Jan Kowalski/ })).toBeVisible();
    expect(gateway().asked("GET /api/v1/audit/answers/account")).toHaveLength(1);
  });
});

describe("the log", () => {
  it("names people and cameras, and is narrowed to one person", async () => {
    const { user, container } = openConsole(gateway(), "/audit/log", "dpo");
    gateway().json("GET /api/v1/accounts", { items: [] });
    gateway().json("GET /api/v1/audit/entries", auditPage());
    expect(await screen.findAllByRole("cell", { name: "Rynek 1" })).toHaveLength(2);
    const [person] = within(screen.getByRole("table")).getAllByRole("button", { name: "Anna Nowak" });
    await expectAccessible(container);
    await user.click(person!);
    await waitFor(() => expect(gateway().asked("GET /api/v1/audit/entries")).toHaveLength(2));
  });
});

describe("the chain", () => {
  const check = { check_id: "c-1", started_by: "staff-dpo", started_at: "2026-11-22T10:00:00Z", finished_at: "2026-11-22T10:00:02Z", entries: 1200, checked: 1200, state: "done", intact: true, findings: [] };

  it("is checked, and says that it is whole", async () => {
    const { user } = openConsole(gateway(), "/audit/chain", "dpo");
    gateway().on("GET /api/v1/audit/checks/last", () => problem(404, "check-unknown"));
    expect(await screen.findByText("Jeszcze nie sprawdzano")).toBeVisible();
    gateway().json("POST /api/v1/audit/checks", check, 202);
    await user.click(screen.getByRole("button", { name: "Sprawdź teraz" }));
    expect(await screen.findByText(/^Cały: 1\s?200 wpisów/)).toBeVisible();
    expect(screen.getByRole("link", { name: "Pobierz" }).getAttribute("href")).toMatch(/^\/api\/v1\/audit\/export\?from=/);
  });

  it("says what is broken and what to do", async () => {
    const { container } = openConsole(gateway(), "/audit/chain", "dpo");
    gateway().json("GET /api/v1/audit/checks/last", { ...check, intact: false, findings: [{ problem: "altered", position: 17, detail: "hash differs" }] });
    expect(await screen.findByText(/Łańcuch jest naruszony/)).toBeVisible();
    expect(screen.getByText(/wpis zmieniony/)).toBeVisible();
    await expectAccessible(container);
  });
});
