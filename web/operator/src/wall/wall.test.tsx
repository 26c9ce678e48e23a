import { act, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { expectAccessible, fill, openConsole, withConsole } from "../testing/console.tsx";
import { camera } from "../testing/fake-gateway.ts";
import { calledNumber, erased, isOpen, NO_CALL, typed } from "./call-buffer.ts";

const { gateway } = withConsole();

beforeEach(() => {
  localStorage.clear();
  // jsdom has no WebRTC: a peer that never gets through is what a broken network gives too.
  class SilentPeer extends EventTarget {
    connectionState = "new";
    localDescription = { sdp: "v=0" };
    addTransceiver() {
      return { setCodecPreferences: () => undefined };
    }
    createOffer() {
      return Promise.resolve({ type: "offer", sdp: "v=0" });
    }
    setLocalDescription() {
      return Promise.resolve();
    }
    setRemoteDescription() {
      return Promise.resolve();
    }
    close() {
      return undefined;
    }
  }
  vi.stubGlobal("RTCPeerConnection", SilentPeer);
  vi.stubGlobal("RTCRtpReceiver", { getCapabilities: () => ({ codecs: [] }) });
});

const tile = (number: number) => screen.getAllByRole("gridcell")[number - 1]!;

describe("the wall", () => {
  it("calls a camera by number and Enter to the focused tile, and keeps it", async () => {
    const { user, container } = openConsole(gateway(), "/wall", "operator");
    await screen.findByRole("grid", { name: "Ściana obrazów" });
    await user.keyboard("{ArrowRight}2");
    expect(screen.getByText("Rynek 2", { selector: ".call-box" })).toBeVisible();
    await user.keyboard("{Enter}");
    expect(within(tile(2)).getByText(/Rynek 2/)).toBeVisible();
    expect(tile(2)).toHaveFocus();
    expect(localStorage.getItem("hejnal.operator.wall.v1")).toContain('"cam-002"');
    await waitFor(() => expect(gateway().requests.some(({ method, path }) => method === "POST" && path === "/api/v1/whep/cam-002")).toBe(true));
    await expectAccessible(container);
    await user.keyboard("{Delete}");
    expect(within(tile(2)).queryByText(/Rynek 2/)).toBeNull();
  });

  it("shows the last small picture with its age until the live one comes, and none of a restricted camera without a reason", async () => {
    URL.createObjectURL = () => "blob:poster";
    URL.revokeObjectURL = () => undefined;
    const takenAt = new Date(Date.now() - 30_000).toISOString();
    const poster = () => new Response("jpeg", { headers: { "X-Taken-At": takenAt } });
    gateway().on("GET /api/v1/cameras/cam-001/thumbnail", poster).on("GET /api/v1/cameras/cam-002/thumbnail", poster);
    gateway().on("POST /api/v1/whep/cam-001", () => new Promise<Response>(() => undefined));
    const { user } = openConsole(gateway(), "/wall", "operator");
    gateway().json("GET /api/v1/cameras", { items: [camera(1), camera(2, { restricted: true })] });
    await screen.findByRole("grid");
    await user.click(await screen.findByRole("button", { name: /Rynek 1/ }));
    expect(await screen.findByText(/Zdjęcie sprzed 3\d s/)).toBeVisible();
    expect(screen.getByRole("img", { name: /Ostatnie zdjęcie, 1 Rynek 1/ })).toHaveAttribute("src", "blob:poster");
    await user.click(screen.getByRole("button", { name: /Rynek 2/ }));
    expect(await screen.findByRole("button", { name: "Podaj powód" })).toBeVisible();
    expect(gateway().asked("POST /api/v1/whep/cam-002")).toHaveLength(0);
    expect(gateway().asked("GET /api/v1/cameras/cam-002/thumbnail")).toHaveLength(0);
  });

  it("says so when there is no such camera", async () => {
    const { user } = openConsole(gateway(), "/wall", "operator");
    await screen.findByRole("grid");
    await user.keyboard("99{Enter}");
    expect(screen.getAllByRole("status").some((region) => region.textContent.includes("Nie ma kamery 99"))).toBe(true);
  });

  it("shows a camera's cause and since when, as the event line tells it", async () => {
    const { user } = openConsole(gateway(), "/wall", "operator");
    await screen.findByRole("grid");
    await user.click(screen.getByRole("button", { name: /Rynek 1/ }));
    const status = { condition: "retrying", cause: "no_route", detail: "", since: new Date(Date.now() - 120_000).toISOString(), observed_at: null, retry_at: null, streams: [] };
    await gateway().lineOpened();
    act(() => gateway().send("camera-status", { camera_id: "cam-001", status }, "e-1"));
    expect(await within(tile(1)).findByText("Kamera nie odpowiada w sieci")).toBeVisible();
    expect(await within(tile(1)).findByText(/od \d\d:\d\d \(2 min\)/)).toBeVisible();
    expect(tile(1)).toHaveAttribute("data-state", "gone");
  });

  it("says since when the line is lost", async () => {
    openConsole(gateway(), "/wall", "operator");
    expect(await screen.findByText("na bieżąco")).toBeVisible();
    act(() => gateway().dropLines());
    expect(await screen.findByText(/Połączenie utracone od \d\d:\d\d, próbuję/)).toBeVisible();
    expect(await screen.findByText("na bieżąco")).toBeVisible();
  });

  it("lists every key under ?", async () => {
    const { user } = openConsole(gateway(), "/wall", "operator");
    await screen.findByRole("grid");
    await user.keyboard("?");
    const dialog = await screen.findByRole("dialog", { name: "Skróty klawiszowe" });
    for (const key of ["?", "M", "Spacja", "P", "1 7 Enter"]) expect(within(dialog).getAllByText(key).length).toBeGreaterThan(0);
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  it("tells a refused role who may watch", async () => {
    const { user } = openConsole(gateway(), "/wall", "operator");
    gateway().problem("POST /api/v1/whep/cam-001", 403, "role-not-allowed");
    await screen.findByRole("grid");
    await user.click(screen.getByRole("button", { name: /Rynek 1/ }));
    expect(await within(tile(1)).findByText("Twoja rola nie ogląda tej kamery")).toBeVisible();
    expect(within(tile(1)).getByText("Oglądać na żywo może: operator monitoringu, dyspozytor lub administrator.")).toBeVisible();
  });

  it("asks for the reason a restricted camera needs, and hands it on", async () => {
    const { user } = openConsole(gateway(), "/wall", "operator");
    const reasons: (string | null)[] = [];
    gateway().on("POST /api/v1/whep/cam-001", (request) => {
      reasons.push(new URL(request.url).searchParams.get("reason"));
      return new Response(JSON.stringify({ type: "urn:hejnal:problem:reason-required" }), { status: 422 });
    });
    await screen.findByRole("grid");
    await user.click(screen.getByRole("button", { name: /Rynek 1/ }));
    await user.click(await within(tile(1)).findByRole("button", { name: "Podaj powód" }));
    const dialog = await screen.findByRole("dialog", { name: "Ta kamera pyta o powód" });
    await user.click(within(dialog).getByRole("button", { name: "Oglądaj" }));
    expect(within(dialog).getByText("Napisz co najmniej 5 znaków.")).toBeVisible();
    await user.type(within(dialog).getByLabelText("Powód własnymi słowami"), "kolizja 5/26");
    await user.click(within(dialog).getByRole("button", { name: "Oglądaj" }));
    await waitFor(() => expect(reasons).toContain("kolizja 5/26"));
  });
});

const view = (number: number, change: object = {}) => ({
  view_id: `v-${number}`,
  name: `Widok ${number}`,
  number,
  layout: 6,
  tiles: ["cam-002", null, "cam-001"],
  shared_with: [],
  version: 1,
  owner_name: "Jan Kowalski",
  own: true,
  ...change,
});

describe("saved views", () => {
  it("are called by W, number and Enter, one's own before another's", async () => {
    gateway().json("GET /api/v1/account/views", { items: [view(3), view(4, { own: false, tiles: ["cam-001"] })] });
    const { user } = openConsole(gateway(), "/wall", "operator");
    await screen.findByRole("grid");
    await user.click(screen.getByRole("button", { name: /^Widoki/ }));
    expect(await screen.findByRole("button", { name: /Widok 4 Jan Kowalski/ })).toBeVisible();
    expect(screen.queryByRole("button", { name: "Usuń widok Widok 4" })).toBeNull();
    await user.keyboard("{Escape}");
    await user.keyboard("w3");
    expect(screen.getByText("Widok 3", { selector: ".call-box" })).toBeVisible();
    await user.keyboard("{Enter}");
    expect(screen.getAllByRole("gridcell")).toHaveLength(6);
    expect(within(tile(1)).getByText(/Rynek 2/)).toBeVisible();
    expect(within(tile(3)).getByText(/Rynek 1/)).toBeVisible();
    await user.keyboard("w9{Enter}");
    expect(screen.getAllByRole("status").some((region) => region.textContent.includes("Nie ma widoku 9"))).toBe(true);
  });

  it("keep what hangs now, under the next free number, for the roles that are chosen", async () => {
    gateway().json("GET /api/v1/account/views", { items: [view(1)] });
    gateway().json("POST /api/v1/account/views", view(2), 201);
    const { user } = openConsole(gateway(), "/wall", "operator");
    await screen.findByRole("grid");
    await user.keyboard("2{Enter}");
    await user.click(screen.getByRole("button", { name: /^Widoki/ }));
    await user.click(await screen.findByRole("button", { name: "Zapisz widok" }));
    const dialog = await screen.findByRole("dialog", { name: "Zapisz widok" });
    expect(within(dialog).getByLabelText(/^Numer/)).toHaveValue("2");
    await user.click(within(dialog).getByRole("button", { name: "Zapisz" }));
    expect(within(dialog).getByText("Podaj nazwę i numer od 1 do 99.")).toBeVisible();
    await fill(user, within(dialog).getByLabelText("Nazwa"), "Noc");
    await user.click(within(dialog).getByLabelText("dyspozytor"));
    await user.click(within(dialog).getByRole("button", { name: "Zapisz" }));
    await waitFor(() => expect(gateway().asked("POST /api/v1/account/views")).toHaveLength(1));
    expect(gateway().asked("POST /api/v1/account/views")[0]?.body).toEqual({ name: "Noc", number: 2, shared_with: ["dispatcher"], layout: 4, tiles: ["cam-002", null, null, null] });
  });

  it("lead a tour, which goes back to what hung before", async () => {
    gateway().json("GET /api/v1/account/views", { items: [view(1), view(2, { layout: 1, tiles: ["cam-001"] })] });
    const { user } = openConsole(gateway(), "/wall", "operator");
    await screen.findByRole("grid");
    await user.keyboard("1{Enter}");
    await user.click(screen.getByRole("button", { name: /^Obchód/ }));
    await user.click(await screen.findByLabelText("2 zapisane widoki"));
    await user.click(screen.getByRole("button", { name: "Zacznij obchód" }));
    expect(await screen.findByText(/Obchód: 1 z 2/)).toBeVisible();
    expect(screen.getAllByRole("gridcell")).toHaveLength(6);
    await user.keyboard("t");
    expect(screen.getAllByRole("gridcell")).toHaveLength(4);
    expect(within(tile(1)).getByText(/Rynek 1/)).toBeVisible();
    expect(localStorage.getItem("hejnal.operator.wall.v1")).toContain('"layout":4');
  });

  it("stay out of the way when they cannot be had", async () => {
    gateway().problem("GET /api/v1/account/views", 404, "not-found");
    openConsole(gateway(), "/wall", "operator");
    expect(await screen.findByRole("grid")).toBeVisible();
  });
});

describe("the second screen", () => {
  it("has a wall of its own, and cameras are carried by Shift and arrows", async () => {
    const { user } = openConsole(gateway(), "/wall?window=2", "operator");
    await screen.findByRole("grid");
    expect(screen.getByText("Ekran 2")).toBeVisible();
    await user.keyboard("1{Enter}");
    await user.keyboard("{Shift>}{ArrowRight}{/Shift}");
    expect(within(tile(2)).getByText(/Rynek 1/)).toBeVisible();
    expect(tile(2)).toHaveFocus();
    expect(localStorage.getItem("hejnal.operator.wall.v1.window-2")).toContain('"cam-001"');
    expect(localStorage.getItem("hejnal.operator.wall.v1") ?? "").not.toContain('"cam-001"');
  });
});

describe("the call buffer", () => {
  it("forgets digits of a thought that was given up", () => {
    const call = typed(typed(NO_CALL, "1", 0), "7", 900);
    expect(calledNumber(call)).toBe(17);
    expect(isOpen(call, 5_899)).toBe(true);
    expect(isOpen(call, 5_900)).toBe(false);
    expect(typed(call, "4", 6_000).digits).toBe("4");
    expect(erased(call, 1_000).digits).toBe("1");
    expect(isOpen(erased(typed(NO_CALL, "1", 0), 10), 20)).toBe(false);
  });
});
