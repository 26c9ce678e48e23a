import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { playlistUrl } from "../api/archive.ts";
import { expectAccessible, openConsole, withConsole } from "../testing/console.tsx";
import { camera } from "../testing/fake-gateway.ts";
import { snapshotName } from "./snapshot.ts";
import { keyFrameBefore } from "./StripPreview.tsx";
import { playbackPath, startTime } from "./start-time.ts";
import { parseTimeline } from "./timeline.ts";

const { gateway } = withConsole();
const AT = "2026-11-20T11:00:00.000Z";

/** Footage 11:50–11:58 and 12:02–12:10 town time, with a named gap between. */
function withTimeline() {
  gateway().on("GET /api/v1/archive/cameras/cam-001/timeline", () =>
    Response.json({
      camera_id: "cam-001",
      from: "2026-11-20T10:50:00Z",
      to: "2026-11-20T11:10:00Z",
      completeness: 0.8,
      spans: [
        { kind: "footage", from: "2026-11-20T10:50:00Z", to: "2026-11-20T10:58:00Z" },
        { kind: "gap", from: "2026-11-20T10:58:00Z", to: "2026-11-20T11:02:00Z", cause: "link_down", detail: "" },
        { kind: "footage", from: "2026-11-20T11:02:00Z", to: "2026-11-20T11:10:00Z" },
      ],
    }),
  );
}

describe("playback", () => {
  it("plays nothing before somebody has chosen a camera: looking is on record", async () => {
    openConsole(gateway(), "/playback", "dpo");
    expect(await screen.findByText("Wybierz kamerę, której nagranie chcesz obejrzeć")).toBeVisible();
    expect(gateway().requests.some(({ path }) => path.startsWith("/api/v1/archive"))).toBe(false);
  });

  it("asks why a restricted camera is looked at, once, and hands it on with everything that is fetched", async () => {
    withTimeline();
    const { user } = openConsole(gateway(), `/playback/cam-001?at=${AT}`, "operator");
    gateway().json("GET /api/v1/cameras", { items: [camera(1, { restricted: true }), camera(2)] });
    expect(await screen.findByRole("heading", { name: "Ta kamera pyta o powód" })).toBeVisible();
    expect(gateway().requests.some(({ path }) => path.startsWith("/api/v1/archive"))).toBe(false);
    await user.click(screen.getByLabelText("zdarzenie widoczne na innej kamerze"));
    await user.type(screen.getByLabelText(/Numer sprawy/), "5/26");
    await user.click(screen.getByRole("button", { name: "Oglądaj" }));
    expect(await screen.findByRole("slider", { name: "Oś czasu nagrania" })).toBeVisible();
    const reason = "zdarzenie widoczne na innej kamerze: 5/26";
    expect(playlistUrl("cam-001", 0, 1_000, false, reason)).toContain(new URLSearchParams({ reason }).toString());
    expect(sessionStorage.getItem("hejnal.operator.reasons.v1")).toContain(reason);
  });

  it("is a slider with the time and what is there in words, and a list that says the same", async () => {
    withTimeline();
    const { container } = openConsole(gateway(), `/playback/cam-001?at=${AT}`, "operator");
    const slider = await screen.findByRole("slider", { name: "Oś czasu nagrania" });
    await waitFor(() => expect(slider).toHaveAttribute("aria-valuetext", "12:00:00, przerwa: Brak łączności z kamerą"));
    const list = screen.getByRole("region", { name: "Nagrania i przerwy w zakresie osi czasu" });
    expect(within(list).getByRole("button", { name: /20\.11 11:58:00–12:02:00 Brak łączności z kamerą 4 min/ })).toBeVisible();
    expect(within(list).getByText(/Kompletność 80,0/)).toBeVisible();
    expect(within(list).getByText(/1 przerwa\./)).toBeVisible();
    await expectAccessible(container);
  });

  it("steps over a gap to the footage after it and says so", async () => {
    withTimeline();
    openConsole(gateway(), "/playback/cam-001?at=2026-11-20T10:57:58.000Z", "operator");
    const slider = await screen.findByRole("slider");
    await waitFor(() => expect(slider).toHaveAttribute("aria-valuetext", "11:57:58, jest nagranie"));
    fireEvent.keyDown(slider, { key: "ArrowRight" });
    expect(slider).toHaveAttribute("aria-valuetext", "12:02:00, jest nagranie");
    expect(screen.getByText("Pominięto przerwę 11:58:00–12:02:00: Brak łączności z kamerą", { selector: ".screen-note" })).toBeVisible();
    expect(window.location.search).toBe("?at=2026-11-20T11:02:00.000Z");
  });

  it("jumps to a minute ago with P and keeps the moment when the camera changes", async () => {
    withTimeline();
    const { user } = openConsole(gateway(), `/playback/cam-001?at=${AT}`, "operator");
    await screen.findByRole("slider");
    const before = Date.now();
    await user.keyboard("p");
    await waitFor(() => expect(new URLSearchParams(window.location.search).get("at")).not.toBe(AT));
    const at = Date.parse(new URLSearchParams(window.location.search).get("at") ?? "");
    expect(Math.abs(at - (before - 60_000))).toBeLessThan(10_000);
  });
});

describe("frames", () => {
  it("names camera and the town's time in the file of a saved frame", () => {
    expect(snapshotName({ number: 7, name: "Rynek – Północ (Łukowa 3)" }, Date.parse("2026-11-20T11:00:00.040Z"))).toBe("7-rynek-polnoc-lukowa-3_2026-11-20_12-00-00-040.png");
  });

  it("shows the key frame before the place pointed at", () => {
    expect(keyFrameBefore([10, 20, 30], 25)).toBe(20);
    expect(keyFrameBefore([10, 20, 30], 30)).toBe(30);
    expect(keyFrameBefore([10, 20, 30], 9)).toBeNull();
  });

  it("offers speeds from a quarter to sixteen times, and steps of one frame", async () => {
    withTimeline();
    openConsole(gateway(), `/playback/cam-001?at=${AT}`, "operator");
    const speeds = await screen.findByRole("radiogroup", { name: "Szybkość" });
    expect(within(speeds).getAllByRole("radio").map((each) => each.textContent)).toEqual(["0,25×", "0,5×", "1×", "2×", "4×", "8×", "16×"]);
    expect(screen.getByRole("button", { name: "Jedna klatka wstecz" })).toBeVisible();
    expect(screen.getByRole("button", { name: "Jedna klatka naprzód" })).toBeVisible();
    expect(screen.getByRole("button", { name: "Zapisz klatkę" })).toBeDisabled();
  });
});

describe("several cameras", () => {
  it("have one bar with a lane each, their gaps in words, and a list each", async () => {
    withTimeline();
    gateway().json("GET /api/v1/archive/cameras/cam-002/timeline", {
      camera_id: "cam-002",
      from: "2026-11-20T10:50:00Z",
      to: "2026-11-20T11:10:00Z",
      completeness: 1,
      spans: [{ kind: "footage", from: "2026-11-20T10:50:00Z", to: "2026-11-20T11:10:00Z" }],
    });
    const { container, user } = openConsole(gateway(), `/playback/cam-001?at=${AT}&cameras=cam-001,cam-002`, "operator");
    const slider = await screen.findByRole("slider", { name: "Oś czasu nagrania" });
    await waitFor(() => expect(slider.getAttribute("aria-valuetext")).toMatch(/^1 .*12:00:\d\d, przerwa: Brak łączności z kamerą; 2 .*12:00:\d\d, jest nagranie$/));
    expect(screen.getAllByRole("region", { name: /^Nagrania i przerwy: / })).toHaveLength(2);
    expect(screen.getByText("W tym czasie nie ma nagrania: Brak łączności z kamerą.")).toBeVisible();
    await expectAccessible(container);
    await user.click(screen.getAllByRole("button", { name: /^Zdejmij kamerę 2 / })[0]!);
    await waitFor(() => expect(window.location.search).not.toContain("cameras="));
  });
});

describe("what is saved and shown in small", () => {
  it("saves a frame of each camera as a file, and names the cause where one has a gap", async () => {
    withTimeline();
    const refused = { type: "urn:hejnal:problem:no-footage", title: "x", status: 404, detail: "x", instance: "/", errors: [{ pointer: "/query/at", detail: "x", code: "stalled" }] };
    gateway()
      .on("GET /api/v1/archive/cameras/cam-001/snapshot", () => new Response("picture", { headers: { "Content-Type": "image/png", "X-Hejnal-Frame-Time": "2026-11-20T11:00:00.040000Z" } }))
      .on("GET /api/v1/archive/cameras/cam-002/snapshot", () => Response.json(refused, { status: 404, headers: { "Content-Type": "application/problem+json" } }));
    const files: string[] = [];
    vi.stubGlobal("URL", Object.assign(URL, { createObjectURL: () => "blob:x", revokeObjectURL: () => undefined }));
    const click = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
      files.push(this.download);
    });
    const { user } = openConsole(gateway(), `/playback/cam-001?at=${AT}&cameras=cam-001,cam-002`, "operator");
    await user.click(await screen.findByRole("button", { name: "Zapisz klatkę" }));
    expect(await screen.findByText(/^Zapisano klatkę z .*12:00:00/, { selector: ".controls-word" })).toBeVisible();
    expect(await screen.findByText("W tym czasie nie ma nagrania: Kamera przestała wysyłać obraz.")).toBeVisible();
    expect(files).toHaveLength(1);
    expect(files[0]).toMatch(/^1-.*_2026-11-20_12-00-00-040\.png$/);
    click.mockRestore();
  });

  it("shows a small picture where somebody points, and nothing when there is none", async () => {
    withTimeline();
    gateway().json("GET /api/v1/archive/cameras/cam-001/keyframes", {
      camera_id: "cam-001",
      from: "2026-11-20T10:55:00Z",
      to: "2026-11-20T11:05:00Z",
      items: [{ at: "2026-11-20T10:54:59.5Z", segment_id: "s", offset_bytes: 1, size_bytes: 2 }],
    });
    const { container } = openConsole(gateway(), `/playback/cam-001?at=${AT}`, "operator");
    const slider = await screen.findByRole("slider");
    await waitFor(() => expect(slider).toHaveAttribute("aria-valuetext", "12:00:00, przerwa: Brak łączności z kamerą"));
    fireEvent.pointerMove(slider, { clientX: 0 });
    const small = () => container.querySelector<HTMLImageElement>(".time-bar-preview img");
    await waitFor(() => expect(small()?.getAttribute("src")).toBe("/api/v1/archive/cameras/cam-001/thumbnail?at=2026-11-20T10%3A54%3A59.500Z"));
    await expectAccessible(container);
    fireEvent.error(small()!);
    expect(small()).toBeNull();
  });
});

describe("startTime", () => {
  const now = Date.parse("2026-11-20T12:00:00Z");
  it("reads an instant, an age, or takes a minute ago; never the future", () => {
    expect(startTime(`at=${AT}`, now)).toBe(Date.parse(AT));
    expect(startTime("ago=300", now)).toBe(now - 300_000);
    expect(startTime("", now)).toBe(now - 60_000);
    expect(startTime("at=2030-01-01T00:00:00Z", now)).toBe(now);
    expect(startTime("at=soon&ago=-5", now)).toBe(now - 60_000);
    expect(playbackPath("cam 1", now + 999)).toBe("/playback/cam%201?at=2026-11-20T12:00:00.000Z");
  });
});

describe("parseTimeline", () => {
  it("names time the archive knows nothing of", () => {
    const parsed = parseTimeline({ from: AT, to: AT, completeness: null, spans: [{ kind: "gap", from: AT, to: AT, cause: null }] });
    expect(parsed.spans[0]?.cause).toBe("not_recorded");
  });
});
