import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { alert, alertWithLog } from "../testing/alerts.ts";
import { expectAccessible, fill, openConsole, withConsole } from "../testing/console.tsx";
import { problem } from "../testing/fake-gateway.ts";

const { gateway } = withConsole();

const second = alert({ alert_id: "al-2", summary: "Kamera nie daje obrazu: Rynek 2", kind: "camera_fault", severity: "notice", camera_ids: ["cam-002"] });
const me = { account_id: "staff-operator", name: "Anna Nowak" };
const other = { account_id: "staff-x", name: "Jan Kowalski" };

function withAlerts(...alerts: ReturnType<typeof alert>[]) {
  gateway().json("GET /api/v1/alerts", { items: alerts, next_cursor: null });
  for (const each of alerts) gateway().json(`GET /api/v1/alerts/${each.alert_id}`, alertWithLog(each));
}

/** What an action gives back is what is read afterwards. */
function answered(now: ReturnType<typeof alert>): Response {
  gateway().json(`GET /api/v1/alerts/${now.alert_id}`, alertWithLog(now));
  return Response.json(now);
}

/** The console asks for alerts after `openConsole` has set its own defaults. */
function open(path: string, role: "operator" | "clerk", ...alerts: ReturnType<typeof alert>[]) {
  const opened = openConsole(gateway(), path, role);
  withAlerts(...alerts);
  return opened;
}

describe("alerts", () => {
  it("are walked and taken by single keys", async () => {
    const { user, container } = open("/alerts", "operator", second, alert());
    const taken = alert({ version: 2, state: "acknowledged", acknowledged_by: me, acknowledged_at: "2026-11-22T10:01:00Z" });
    gateway().on("POST /api/v1/alerts/al-1/acknowledgement", () => answered(taken));
    await screen.findByText("Zasłonięty obraz: Rynek 1", { selector: ".card-text" });
    await user.keyboard("j");
    expect(await screen.findByRole("heading", { name: "Zasłonięty obraz: Rynek 1" })).toBeVisible();
    expect(window.location.pathname).toBe("/alerts/al-1");
    await expectAccessible(container);
    await user.keyboard("a");
    expect(await screen.findByText(/Przyjął\(-ęła\): Anna Nowak/)).toBeVisible();
    expect(gateway().asked("POST /api/v1/alerts/al-1/acknowledgement")).toHaveLength(1);
    await user.keyboard("k");
    expect(window.location.pathname).toBe("/alerts/al-2");
  });

  it("are given away and ended with the version that was looked at", async () => {
    const { user } = open("/alerts/al-1", "operator", alert({ version: 4 }));
    gateway().on("POST /api/v1/alerts/al-1/assignment", () => answered(alert({ version: 5, state: "assigned", assigned_to: "Patrol 3", assigned_by: me, assigned_at: "2026-11-22T10:01:00Z" })));
    await screen.findByRole("heading", { name: "Zasłonięty obraz: Rynek 1" });
    await user.keyboard("p");
    await fill(user, await screen.findByLabelText("Patrol albo osoba"), "Patrol 3");
    await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Przydziel" }));
    await waitFor(() => expect(gateway().asked("POST /api/v1/alerts/al-1/assignment")).toHaveLength(1));
    const [sent] = gateway().asked("POST /api/v1/alerts/al-1/assignment");
    expect(sent?.body).toEqual({ to: "Patrol 3" });
    expect(sent?.headers.get("If-Match")).toBe('"4"');
    expect(await screen.findByText(/Przydzielony: Patrol 3/)).toBeVisible();

    gateway().json("POST /api/v1/alerts/al-1/resolution", alert({ version: 6, state: "resolved", outcome: "false_alarm", resolved_by: me, resolved_at: "2026-11-22T10:02:00Z" }));
    await user.keyboard("r");
    await user.click(await screen.findByLabelText("fałszywy alarm"));
    await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Zakończ" }));
    await waitFor(() => expect(gateway().asked("POST /api/v1/alerts/al-1/resolution")[0]?.body).toEqual({ outcome: "false_alarm", note: "" }));
  });

  it("say who was faster, and since when", async () => {
    const { user } = open("/alerts/al-1", "operator", alert());
    await screen.findByRole("heading", { name: "Zasłonięty obraz: Rynek 1" });
    gateway().on("POST /api/v1/alerts/al-1/acknowledgement", () => problem(409, "alert-taken"));
    const taken = alert({ version: 2, state: "acknowledged", acknowledged_by: other, acknowledged_at: new Date(Date.now() - 12_000).toISOString() });
    gateway().json("GET /api/v1/alerts/al-1", alertWithLog(taken));
    await user.keyboard("a");
    expect(await screen.findByText(/Jan Kowalski ma ten alarm od 1\d s/)).toBeVisible();
    expect(screen.queryByRole("button", { name: /^Przyjmij/ })).toBeNull();
  });

  it("reach every page as they are raised, and Space takes the most urgent", async () => {
    const { user } = open("/cameras", "operator");
    await screen.findByRole("heading", { name: "Kamery" });
    await gateway().lineOpened();
    act(() => gateway().send("alert", { alert: alert({ severity: "emergency" }) }, "x-1"));
    const edge = await screen.findByRole("region", { name: "Czekające alarmy" });
    expect(within(edge).getByRole("link")).toHaveTextContent("Zasłonięty obraz: Rynek 1");
    expect(screen.getByLabelText("1 alarm czeka")).toBeVisible();
    expect(document.title).toMatch(/^\(1\)/);
    expect(document.querySelector("[aria-live=assertive]")).toHaveTextContent("Alarm, Alarm: Zasłonięty obraz");
    gateway().json("POST /api/v1/alerts/al-1/acknowledgement", alert({ version: 2, state: "acknowledged", severity: "emergency", acknowledged_by: me }));
    await user.keyboard(" ");
    await waitFor(() => expect(screen.queryByRole("region", { name: "Czekające alarmy" })).toBeNull());
    expect(document.title).not.toMatch(/^\(/);
    await gateway().lineOpened();
    act(() => gateway().send("alert", { alert: alert({ version: 1 }) }, "x-2"));
    expect(screen.queryByRole("region", { name: "Czekające alarmy" })).toBeNull();
  });

  it("are handled by keys as soon as they are seen, the list still on its way", async () => {
    const { user } = open("/alerts/al-1", "operator", alert());
    gateway().on("GET /api/v1/alerts", () => new Promise(() => undefined));
    await screen.findByRole("heading", { name: "Zasłonięty obraz: Rynek 1" });
    await user.keyboard("p");
    expect(await screen.findByLabelText("Patrol albo osoba")).toBeVisible();
  });

  it("are not lost when they are raised while the list is on its way", async () => {
    open("/cameras", "operator");
    let answer: (list: Response) => void = () => undefined;
    gateway().on("GET /api/v1/alerts", () => new Promise((resolve) => (answer = resolve)));
    await waitFor(() => expect(gateway().asked("GET /api/v1/alerts")).toHaveLength(1));
    await gateway().lineOpened();
    act(() => {
      gateway().send("alert", { alert: alert() }, "x-1");
      gateway().send("report", { type: "submitted", report_id: "r2", report: { reference: "Z-2026-00043" } }, "x-2");
    });
    await screen.findByRole("region", { name: "Nowe zgłoszenia" }); // so the alert before it was heard, too
    answer(Response.json({ items: [second], next_cursor: null }));
    const edge = await screen.findByRole("region", { name: "Czekające alarmy" });
    expect(await within(edge).findByText("Zasłonięty obraz: Rynek 1")).toBeVisible();
    expect(screen.getByLabelText("2 alarmy czekają")).toBeVisible();
  });

  it("can be silent: the choice stays", async () => {
    const { user } = open("/cameras", "operator");
    await user.click(await screen.findByRole("button", { name: "Dźwięk alarmów włączony: wyłącz" }));
    expect(await screen.findByRole("button", { name: "Dźwięk alarmów wyłączony: włącz" })).toBeVisible();
    expect(localStorage.getItem("hejnal.operator.alert-sound.v1")).toBe("off");
  });

  it("are raised by hand, once", async () => {
    const { user } = open("/alerts", "operator");
    expect(await screen.findByText("Spokój. Nowy alarm pojawi się tu sam.")).toBeVisible();
    gateway().json("POST /api/v1/alerts", alert({ kind: "manual", summary: "Bójka na Rynku" }), 201);
    gateway().json("GET /api/v1/alerts/al-1", alertWithLog(alert({ kind: "manual", summary: "Bójka na Rynku" })));
    await user.click(screen.getByRole("button", { name: "Zgłoś alarm" }));
    await fill(user, await screen.findByLabelText("Co się dzieje"), "Bójka na Rynku");
    await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Zgłoś alarm" }));
    expect(await screen.findByRole("heading", { name: "Bójka na Rynku" })).toBeVisible();
    expect(gateway().asked("POST /api/v1/alerts")[0]?.body).toMatchObject({ severity: "warning", summary: "Bójka na Rynku", place: null });
  });

  it("are not asked for by whoever does not handle them", async () => {
    open("/reports", "clerk");
    gateway().json("GET /api/v1/town/reports", { items: [], next_cursor: null });
    await screen.findByRole("heading", { name: "Zgłoszenia" });
    expect(gateway().asked("GET /api/v1/alerts")).toEqual([]);
  });
});
