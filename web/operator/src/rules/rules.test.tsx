import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { AlertRule, Webhook } from "../api/rules.ts";
import { expectAccessible, fill, openConsole, withConsole } from "../testing/console.tsx";
import { draftOf, faultsOfRule, NEW_RULE } from "./rule-form.ts";

const { gateway } = withConsole();

const rule: AlertRule = { ...NEW_RULE, rule_id: "r-1", name: "Noc", version: 2, changed_by: "staff-admin", changed_at: "2026-11-22T10:00:00Z", quiet_hours: [{ days: [1], starts: "22:00:00", ends: "06:00:00" }], escalation: [{ after_s: 120, tell: ["dispatcher"] }] };
const webhook: Webhook = { webhook_id: "w-1", name: "CPR", url: "https://cpr.example/alarmy", types: [], min_severity: "info", min_level: 0, enabled: true, version: 1, failing_since: null, paused_at: null, paused_reason: "", previous_secret_until: null, waiting: 0, changed_by: "staff-admin", changed_at: "2026-11-22T10:00:00Z" };

describe("alert rules", () => {
  it("are refused in the form before they are refused by the service", () => {
    expect(faultsOfRule(draftOf(rule))).toEqual([]);
    expect(faultsOfRule({ ...NEW_RULE, trigger: "camera_offline", offline_after_s: 1, window_s: -1, quiet_hours: [{ days: [], starts: "22:00", ends: "06:00" }], escalation: [{ after_s: 60, tell: [] }] })).toEqual(["name", "offline", "window", "quiet", "escalation"]);
  });

  it("are listed in their order and changed from the version that was seen", async () => {
    const { user, container, baseElement } = openConsole(gateway(), "/alert-rules", "admin");
    gateway().json("GET /api/v1/alert-rules", { items: [rule] });
    gateway().json("PUT /api/v1/alert-rules/r-1", { ...rule, version: 3 });
    expect(await screen.findByRole("cell", { name: "22:00–06:00" })).toBeVisible();
    await expectAccessible(container);
    await user.click(screen.getByRole("button", { name: "Zmień, Noc" }));
    const dialog = await screen.findByRole("dialog", { name: "Zmień: Noc" });
    await user.click(within(dialog).getByLabelText("obraz zasłonięty"));
    await expectAccessible(baseElement);
    await user.click(within(dialog).getByRole("button", { name: "Zapisz" }));
    await waitFor(() => expect(gateway().asked("PUT /api/v1/alert-rules/r-1")[0]?.body).toMatchObject({ version: 2, tamper_kinds: ["covered"], escalation: [{ after_s: 120, tell: ["dispatcher"] }] }));
  });
});

describe("webhooks", () => {
  it("show their key once, are tried, and tell what was sent", async () => {
    const { user, container } = openConsole(gateway(), "/webhooks", "admin");
    gateway().json("GET /api/v1/webhooks", { items: [webhook] });
    const delivery = { delivery_id: "d-1", event_id: "e-1", alert_id: "al-1", type: "alert.raised.v1", state: "failed", tries: 1, next_at: null, made_at: "2026-11-22T10:00:00Z", ended_at: null, attempts: [{ at: "2026-11-22T10:00:01Z", status: 500, error: "HTTP 500", duration_ms: 12 }] };
    gateway().json("POST /api/v1/webhooks/w-1/test", delivery);
    gateway().json("GET /api/v1/webhooks/w-1/deliveries", { items: [delivery], next_cursor: null });
    gateway().json("POST /api/v1/webhooks", { ...webhook, webhook_id: "w-2", name: "Drugi", secret: "whsec_abc" }, 201);
    await user.click(await screen.findByRole("button", { name: "Wyślij próbę" }));
    expect(await screen.findByText(/^Próba: odrzucono/)).toBeVisible();
    await expectAccessible(container);
    await user.click(screen.getByRole("button", { name: "Wysyłki" }));
    expect(await screen.findByRole("cell", { name: /500/ })).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Zamknij" }));
    await user.click(screen.getByRole("button", { name: "Dodaj webhook" }));
    const dialog = await screen.findByRole("dialog", { name: "Dodaj webhook" });
    await fill(user, within(dialog).getByLabelText("Nazwa"), "Drugi");
    await fill(user, within(dialog).getByLabelText("Adres"), "cpr.example/2");
    await user.click(within(dialog).getByRole("button", { name: "Zapisz" }));
    expect(await screen.findByText("whsec_abc")).toBeVisible();
    expect(gateway().asked("POST /api/v1/webhooks")[0]?.body).toMatchObject({ url: "https://cpr.example/2", types: [] });
  });
});
