import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { expectAccessible, openConsole, withConsole } from "../testing/console.tsx";
import { camera } from "../testing/fake-gateway.ts";

const { gateway } = withConsole();

const CARD = {
  event_id: "p-1",
  camera_id: "cam-001",
  stream: "main",
  grade: "usable",
  listened_s: 60,
  at: "2026-11-22T10:00:00Z",
  lines: [
    { subject: "gop", grade: "usable", value: "8.0 s", advice_pl: "Ustaw odstęp klatek kluczowych na 2 s.", advice_en: "Set the key frame interval to 2 s." },
    { subject: "fps", grade: "good", value: "25.0/s", advice_pl: "", advice_en: "" },
  ],
};
const EVENTS = [
  { event_id: "e-2", camera_id: "cam-001", kind: "tampered", at: "2026-11-22T10:05:00Z", fact: { event_id: "e-2", camera_id: "cam-001", kind: "covered", confidence: 0.9, at: "2026-11-22T10:05:00Z", phase: "cleared" } },
  { event_id: "f-1", camera_id: "cam-001", kind: "stream-faulted", at: "2026-11-22T09:00:00Z", fact: { event_id: "f-1", camera_id: "cam-001", stream: "main", cause: "stalled", detail: "", at: "2026-11-22T09:00:00Z" } },
  { event_id: "p-1", camera_id: "cam-001", kind: "probed", at: CARD.at, fact: CARD },
];

function withEvents() {
  gateway().on("GET /api/v1/cameras/cam-001/events", (request) =>
    Response.json({ items: new URL(request.url).searchParams.get("kind") === "probed" ? EVENTS.slice(2) : EVENTS }),
  );
}

const tampered = { ...camera(1).status, picture: { state: "tampered", kind: "covered", since: "2026-11-22T10:04:00Z", light: "day" } };

describe("a camera's picture", () => {
  it("is said to be covered as soon as the event line tells it, and counts as needing attention", async () => {
    const { user } = openConsole(gateway(), "/cameras", "operator");
    const row = (await screen.findAllByRole("row")).find((each) => each.dataset.camera === "cam-001")!;
    expect(within(row).queryByText("obraz zasłonięty")).toBeNull();
    await gateway().lineOpened();
    act(() => gateway().send("camera-status", { camera_id: "cam-001", status: tampered }, "e-1"));
    expect(await within(row).findByText("obraz zasłonięty")).toBeVisible();
    await user.click(screen.getByRole("radio", { name: /1/ }));
    expect(screen.getAllByRole("row").filter((each) => each.dataset.camera !== undefined)).toHaveLength(1);
  });

  it("has a card with advice in the reader's language, and a list of what was noticed", async () => {
    withEvents();
    const { user, baseElement } = openConsole(gateway(), "/cameras", "operator");
    await user.click((await screen.findAllByRole("button", { name: /^Szczegóły/ }))[0]!);
    const dialog = await screen.findByRole("dialog", { name: "Kamera 1 Rynek 1" });
    expect(await within(dialog).findByText("Ustaw odstęp klatek kluczowych na 2 s.")).toBeVisible();
    expect(await within(dialog).findByText(/koniec: obraz zasłonięty/)).toBeVisible();
    expect(within(dialog).getByText(/brak obrazu: Kamera przestała wysyłać obraz/)).toBeVisible();
    expect(within(dialog).queryByRole("button", { name: "Zbadaj kamerę" })).toBeNull();
    await expectAccessible(baseElement);
  });

  it("is probed by an administrator, and the card appears when it is done", async () => {
    gateway().json("GET /api/v1/cameras/cam-001/events", { items: [] });
    const probe = { probe_id: "p-1", camera_id: "cam-001", stream: "main", state: "running", ends_at: new Date(Date.now() + 60_000).toISOString() };
    gateway().json("POST /api/v1/cameras/cam-001/probes", probe, 202);
    gateway().json("GET /api/v1/cameras/cam-001/probes/p-1", { ...probe, state: "done", card: CARD });
    const { user } = openConsole(gateway(), "/cameras", "admin");
    await user.click((await screen.findAllByRole("button", { name: /^Szczegóły/ }))[0]!);
    expect(await screen.findByText("Kamery jeszcze nie zbadano.")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Zbadaj kamerę" }));
    expect(await screen.findByText("Ustaw odstęp klatek kluczowych na 2 s.")).toBeVisible();
    await waitFor(() => expect(gateway().asked("POST /api/v1/cameras/cam-001/probes")).toHaveLength(1));
  });
});
