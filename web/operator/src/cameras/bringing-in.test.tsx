import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { expectAccessible, openConsole, withConsole } from "../testing/console.tsx";
import { camera } from "../testing/fake-gateway.ts";

const { gateway } = withConsole();

describe("cameras from a file", () => {
  it("are tried first; errors stand in a table, a clean file is brought in whole", async () => {
    const { user, container } = openConsole(gateway(), "/cameras/import", "admin");
    const none = { added: [], changed: [], unchanged: [], errors: [], applied: false, dry_run: true };
    gateway().json("POST /api/v1/cameras/import", { ...none, added: ["rynek-9"], errors: [{ line: 3, column: "lat", detail: "not a number" }] });
    await screen.findByRole("heading", { name: "Kamery z pliku CSV" });
    const field = container.querySelector<HTMLInputElement>("input[type=file]")!;
    await user.upload(field, new File(["camera_id,name\n"], "kamery.csv", { type: "text/csv" }));
    expect(await screen.findByRole("cell", { name: "not a number" })).toBeVisible();
    expect(screen.queryByRole("button", { name: /^Wprowadź/ })).toBeNull();
    await expectAccessible(container);

    gateway().on("POST /api/v1/cameras/import", (request) =>
      Response.json({ ...none, added: ["rynek-9", "rynek-10"], dry_run: request.url.includes("dry_run=true"), applied: !request.url.includes("dry_run=true") }),
    );
    await user.upload(field, new File(["camera_id,name\n"], "kamery.csv", { type: "text/csv" }));
    await user.click(await screen.findByRole("button", { name: "Wprowadź 2 kamery" }));
    expect(await screen.findByRole("heading", { name: "Kamery" })).toBeVisible();
    expect(gateway().asked("POST /api/v1/cameras/import")).toHaveLength(3);
  });
});

describe("cameras found in the network", () => {
  it("fill in the form of a new camera, account and all but place", async () => {
    const { user, container } = openConsole(gateway(), "/cameras/discovery", "admin");
    const running = { discovery_id: "d-1", state: "running", started_at: "2026-11-22T10:00:00Z", wait_s: 5, asked: 1, answered: 0, candidates: [], detail: "" };
    const candidate = { endpoint: "urn:uuid:1", name: "AXIS P32", hardware: "P3245", location: "", addresses: ["http://10.0.0.9/onvif/device_service"], answered_from: "10.0.0.9", url: "http://10.0.0.9/onvif/device_service", registered_as: null };
    gateway().json("POST /api/v1/camera-discoveries", running, 202);
    gateway().json("GET /api/v1/camera-discoveries/d-1", { ...running, state: "done", answered: 2, candidates: [candidate, { ...candidate, endpoint: "urn:uuid:2", registered_as: "cam-001" }] });
    gateway().json("POST /api/v1/camera-discoveries/probes", { device: {}, main: { url: "rtsp://10.0.0.9/main", profile: "p1" }, sub: null, ptz: false, events: true, clock_offset_s: 0.2, card_recording: false });
    await user.click(await screen.findByRole("button", { name: "Szukaj" }));
    expect(await screen.findByRole("cell", { name: "Rynek 1" })).toBeVisible();
    await expectAccessible(container);
    await user.click(screen.getByRole("button", { name: /^Dodaj/ }));
    await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Zapytaj urządzenie" }));
    expect(await screen.findByLabelText("Adres strumienia głównego")).toHaveValue("rtsp://10.0.0.9/main");
    expect(screen.getByLabelText("Nazwa")).toHaveValue("AXIS P32");
    expect(screen.getByLabelText("Adres usługi ONVIF")).toHaveValue("http://10.0.0.9/onvif/device_service");
  });
});

describe("a camera that was turned", () => {
  it("is accepted as it looks now", async () => {
    const moved = camera(1, { status: { ...camera(1).status, picture: { state: "tampered", kind: "moved", since: "2026-11-22T10:04:00Z", light: "day" } } });
    const { user } = openConsole(gateway(), "/cameras", "admin");
    gateway().json("GET /api/v1/cameras", { items: [moved] });
    gateway().json("GET /api/v1/cameras/cam-001/events", { items: [] });
    gateway().on("POST /api/v1/cameras/cam-001/accept-view", () => new Response(null, { status: 204 }));
    await user.click((await screen.findAllByRole("button", { name: /^Szczegóły/ }))[0]!);
    await user.click(await screen.findByRole("button", { name: "To celowe: przyjmij nowy widok" }));
    await waitFor(() => expect(gateway().asked("POST /api/v1/cameras/cam-001/accept-view")).toHaveLength(1));
  });
});
