import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { expectAccessible, fill, openConsole, withConsole } from "../testing/console.tsx";
import { camera, problem } from "../testing/fake-gateway.ts";
import { type CameraForm, EMPTY_CAMERA, faultsOf, formOf, registrationOf, suggestedId } from "./camera-form.ts";
import { aimed, aimKey, edgeKey, handlesOf, placeAt, widened } from "./cone-geometry.ts";
import { differences } from "./version-differences.ts";

const { gateway } = withConsole();

const place = { lat: 51.05, lon: 20.95 };
const good: CameraForm = { ...EMPTY_CAMERA, cameraId: "rynek-9", name: "Rynek 9", place, mainUrl: "rtsp://10.0.0.9/main" };

describe("the form of a camera", () => {
  it("gives back what it was made from", () => {
    const known = camera(1, { streams: [{ name: "main", url: "rtsp://10.0.0.1/main" }], onvif: { url: "http://10.0.0.1/onvif", main_profile: "p1", sub_profile: "", allow_clock_set: true, allow_gop_set: false, card_recording: false } });
    const { camera_id, version, status, has_credentials, changed_at, ...draft } = known;
    expect([camera_id, version, has_credentials, changed_at, status.condition]).toHaveLength(5);
    expect(registrationOf(formOf(known))).toEqual({ ...draft, recording: { ...draft.recording, disk_share_percent: null } });
  });

  it.each<[Partial<CameraForm>, readonly string[]]>([
    [{}, []],
    [{ cameraId: "Rynek 9" }, ["cameraId"]],
    [{ name: " ", place: null }, ["name", "place"]],
    [{ mainUrl: "rtsp://user:secret@10.0.0.9/main" }, ["mainUrl"]],
    [{ subUrl: "10.0.0.9" }, ["subUrl"]],
    [{ keepDays: 91 }, ["keepDays"]],
    [{ keepDays: Number.NaN }, ["keepDays"]],
    [{ keepDays: 400, recorded: false }, []],
    [{ diskSharePercent: 0 }, ["diskShare"]],
    [{ cone: { azimuthDeg: 360, angleDeg: 60, rangeM: 100 } }, ["cone"]],
    [{ cone: { azimuthDeg: 0, angleDeg: 60, rangeM: 6_000 } }, ["cone"]],
    [{ onvifUrl: "rtsp://10.0.0.9" }, ["onvifUrl"]],
    [{ recordedStream: "sub" }, ["recordedStream"]],
  ])("%j → %j", (change, faults) => {
    expect(faultsOf({ ...good, ...change })).toEqual(faults);
  });

  it("suggests an id from the name", () => {
    expect(suggestedId("Łódzka 4, wieża św. Anny")).toBe("lodzka-4-wieza-sw-anny");
  });
});

describe("the cone on the map", () => {
  const cone = { azimuthDeg: 90, angleDeg: 60, rangeM: 100 };

  it("has its handles where it points and where it ends, and follows them back", () => {
    const { aim, edge } = handlesOf(place, cone);
    expect(aimed(place, cone, aim)).toEqual(cone);
    expect(widened(place, cone, edge)).toEqual(cone);
    expect(aimed(place, cone, placeAt(place, 350, 40))).toEqual({ ...cone, azimuthDeg: 350, rangeM: 40 });
  });

  it("turns and grows by keys, within its limits", () => {
    expect(aimKey({ ...cone, azimuthDeg: 0 }, "ArrowLeft", false)).toMatchObject({ azimuthDeg: 359 });
    expect(aimKey(cone, "ArrowUp", true)).toMatchObject({ rangeM: 125 });
    expect(aimKey({ ...cone, rangeM: 5 }, "ArrowDown", true)).toMatchObject({ rangeM: 5 });
    expect(edgeKey({ ...cone, angleDeg: 355 }, "ArrowRight", true)).toMatchObject({ angleDeg: 360 });
    expect(aimKey(cone, "Enter", false)).toBeNull();
    expect(edgeKey(cone, "Tab", false)).toBeNull();
  });
});

describe("versions", () => {
  it("differ by what was changed, not by order or by kinds of nothing", () => {
    const { status, ...state } = camera(1);
    expect(status.condition).toBe("live");
    expect(differences(state, { ...state, onvif: null, groups: [] })).toEqual([]);
    expect(differences(state, { ...state, name: "Rynek 1a", recording: { ...state.recording, keep_days: 14 } }).map(({ part }) => part)).toEqual(["name", "recording"]);
  });
});

describe("the camera editor", () => {
  it("registers a camera by keyboard and numbers, and says what is missing first", async () => {
    const { user, container } = openConsole(gateway(), "/cameras/new", "admin");
    gateway().json("POST /api/v1/cameras", camera(9), 201);
    await fill(user, await screen.findByLabelText("Nazwa"), "Rynek 9");
    expect(screen.getByLabelText("Identyfikator")).toHaveValue("rynek-9");
    await user.click(screen.getByRole("button", { name: "Zapisz" }));
    expect(await screen.findByText("Wskaż miejsce na mapie, adresem albo współrzędnymi.")).toBeVisible();
    expect(gateway().asked("POST /api/v1/cameras")).toEqual([]);
    await fill(user, await screen.findByLabelText(/^Szerokość/), "51.05");
    await fill(user, screen.getByLabelText(/^Długość/), "20.95");
    await fill(user, screen.getByLabelText("Adres strumienia głównego"), "rtsp://10.0.0.9/main");
    await fill(user, screen.getByLabelText("Użytkownik kamery"), "admin");
    await fill(user, screen.getByLabelText("Hasło kamery"), "tajne");
    await user.click(screen.getByLabelText("Nagrywaj dźwięk"));
    expect(screen.getByText(/wymaga osobnej podstawy prawnej/)).toBeVisible();
    await expectAccessible(container);
    await user.click(screen.getByRole("button", { name: "Zapisz" }));
    await waitFor(() => expect(gateway().asked("POST /api/v1/cameras")).toHaveLength(1));
    expect(gateway().asked("POST /api/v1/cameras")[0]?.body).toMatchObject({
      camera_id: "rynek-9",
      place: { lat: 51.05, lon: 20.95 },
      streams: [{ name: "main", url: "rtsp://10.0.0.9/main" }],
      credentials: { username: "admin", password: "tajne" },
      recording: { record_audio: true },
    });
    expect(await screen.findByRole("heading", { name: "Kamery" })).toBeVisible();
  });

  it("never overwrites what somebody else saved meanwhile", async () => {
    gateway().on("PUT /api/v1/cameras/cam-001", () => problem(409, "version-conflict"));
    const { user } = openConsole(gateway(), "/cameras/cam-001/edit", "admin");
    await fill(user, await screen.findByLabelText("Adres strumienia głównego"), "rtsp://10.0.0.1/main");
    await user.click(screen.getByRole("button", { name: "Zapisz" }));
    expect(await screen.findByText(/Ktoś zmienił tę kamerę/)).toBeVisible();
    expect(gateway().asked("PUT /api/v1/cameras/cam-001")[0]?.body).toMatchObject({ version: 1 });
  });

  it("shows history with differences, and removes after the id was typed", async () => {
    const { status, ...state } = camera(1);
    expect(status.condition).toBe("live");
    gateway().json("GET /api/v1/cameras/cam-001/versions", {
      items: [
        { version: 2, change: "changed", changed_by: "staff-admin", changed_at: "2026-11-22T10:00:00Z", state: { ...state, version: 2, restricted: true } },
        { version: 1, change: "registered", changed_by: "staff-admin", changed_at: "2026-11-21T10:00:00Z", state },
      ],
    });
    gateway().on("DELETE /api/v1/cameras/cam-001", () => new Response(null, { status: 204 }));
    gateway().json("GET /api/v1/accounts", { items: [] });
    const { user } = openConsole(gateway(), "/cameras", "admin");
    await user.click((await screen.findAllByRole("button", { name: "Więcej: Rynek 1" }))[0]!);
    await user.click(await screen.findByRole("menuitem", { name: "Historia" }));
    const history = await screen.findByRole("dialog", { name: "Historia: Rynek 1" });
    expect(await within(history).findByRole("rowheader", { name: "zastrzeżona" })).toBeVisible();
    expect(within(history).getAllByText(/Anna Nowak/)).toHaveLength(2);
    await user.click(within(history).getByRole("button", { name: "Zamknij" }));

    await user.click(screen.getAllByRole("button", { name: "Więcej: Rynek 1" })[0]!);
    await user.click(await screen.findByRole("menuitem", { name: "Usuń" }));
    await fill(user, await screen.findByLabelText("Wpisz jej identyfikator: cam-001"), "cam-00");
    await user.click(screen.getByRole("button", { name: "Usuń kamerę" }));
    expect(await screen.findByText("To nie jest identyfikator tej kamery.")).toBeVisible();
    expect(gateway().asked("DELETE /api/v1/cameras/cam-001")).toEqual([]);
    await fill(user, screen.getByLabelText("Wpisz jej identyfikator: cam-001"), "1");
    await user.click(screen.getByRole("button", { name: "Usuń kamerę" }));
    await waitFor(() => expect(gateway().asked("DELETE /api/v1/cameras/cam-001")).toHaveLength(1));
  });
});
