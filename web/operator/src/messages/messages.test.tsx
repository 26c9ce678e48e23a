import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { ChannelState, InboundPage, Statement } from "../api/messages.ts";
import { expectAccessible, openConsole, withConsole } from "../testing/console.tsx";
import { statementCsv } from "./statement-csv.ts";

const { gateway } = withConsole();

const CHANNELS: ChannelState[] = [
  {
    channel: "sms",
    waiting: 12,
    due: 3,
    due_since: new Date(Date.now() - 600_000).toISOString(),
    providers: [
      { name: "operator-smpp", rests_s: 30, rate_per_s: 20, tries: 8, failed: 8, last_trouble_at: new Date().toISOString(), last_trouble_cause: "refuses_us", last_trouble_detail: "bind 0x0000000e", credit_low: false },
      { name: "modem", rests_s: 0, rate_per_s: null, tries: 0, failed: 0, last_trouble_at: null, last_trouble_cause: null, last_trouble_detail: null, credit_low: false },
    ],
  },
];

const STATEMENT: Statement = {
  month: "2026-11",
  announcements: 2,
  versions: 3,
  drills: 0,
  channels: [{ channel: "sms", deliveries: 100, by_state: { delivered: 97, failed: 3 }, failures: { bad_number: 3 }, pace: { p50_s: 1.2, p95_s: 4, p99_s: null } }],
  sms: [{ provider: "=cmd", parts: 194, messages: 97, cost_zl: 31.04 }],
  sms_cost_zl: 31.04,
  sms_budget_zl: 25,
  held_back_by_budget: 1,
  passed_budget: 1,
  passes: [{ announcement_id: "an-1", version: 1, issued_at: "2026-11-20T22:40:00Z", decided_by: "Jan Kowalski", sms_cost_zl: 18.4 }],
};

describe("sending", () => {
  it("shows which provider rests and why, and what waits", async () => {
    const { container } = openConsole(gateway(), "/messages", "editor");
    gateway().json("GET /api/v1/messages/providers", { channels: CHANNELS });
    const table = await screen.findByRole("table", { name: "SMS" });
    expect(within(table).getByRole("row", { name: /operator-smpp odpoczywa jeszcze 30 s 8 z 8 nieudanych 20 na sekundę dostawca nas odrzuca/ })).toBeVisible();
    expect(within(table).getByRole("row", { name: /modem działa – bez ograniczeń –/ })).toBeVisible();
    expect(screen.getByText(/Czeka 12 wiadomości, do wysłania teraz: 3/)).toHaveTextContent("Najdłużej: 10 min");
    await expectAccessible(container);
  });

  it("shows the month's bill, what failed and why, and who let an emergency pass the budget", async () => {
    const { container } = openConsole(gateway(), "/messages/statement", "admin");
    for (const month of ["2026-11", new Date().toISOString().slice(0, 7)]) gateway().json(`GET /api/v1/messages/statements/${month}`, STATEMENT);
    expect(await screen.findByText(/Wydano 31,04\szł z 25,00\szł, zostało 0,00\szł/)).toBeVisible();
    expect(screen.getByText("1 komunikat bez SMS: zabrakło budżetu")).toBeVisible();
    expect(screen.getByRole("rowheader", { name: "Jan Kowalski" })).toBeVisible();
    const sent = within(screen.getByRole("table", { name: "Co wysłano" }));
    for (const words of ["100", /dostarczone: 97/, /zły numer: 3/, "1,2 s", "4 s", "–"]) expect(sent.getByRole("cell", { name: words })).toBeVisible();
    await expectAccessible(container);
  });

  it("shows a clerk what residents sent, in the reports' place", async () => {
    const page: InboundPage = { items: [{ provider: "modem", sender: "…201", text: "STOP", meaning: "stop", received_at: "2026-11-22T10:00:00Z" }], next_before: null };
    gateway().json("GET /api/v1/messages/inbound-messages", page);
    const { container } = openConsole(gateway(), "/inbound-messages", "clerk");
    expect(await screen.findByRole("row", { name: /…201 STOP: koniec SMS-ów STOP modem/ })).toBeVisible();
    expect(screen.getByRole("link", { name: "SMS-y od mieszkańców" })).toHaveAttribute("aria-current", "page");
    expect(screen.getByRole("link", { name: "Zgłoszenia", current: "page" })).toBeVisible();
    await expectAccessible(container);
  });
});

describe("statementCsv", () => {
  it("is read by spreadsheets and runs nothing", () => {
    const word = (text: string) => text;
    const csv = statementCsv(STATEMENT, { month: "Miesiąc", channel: "Kanał", state: "Stan", count: "Liczba", provider: "Dostawca", parts: "Części", messages: "Wiadomości", cost: "Koszt", total: "Razem", word: { channel: word, state: word } });
    expect(csv.startsWith("\uFEFFMiesiąc;2026-11\r\n")).toBe(true);
    expect(csv).toContain("sms;delivered;97\r\n");
    expect(csv).toContain("'=cmd;97;194;31,04\r\n");
    expect(csv.endsWith("Razem;;;31,04\r\n")).toBe(true);
  });
});
