import { screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { findCameras } from "../cameras/camera-search.ts";
import { openConsole, withConsole } from "../testing/console.tsx";
import { camera } from "../testing/fake-gateway.ts";

const { gateway } = withConsole();
const CAMERAS = [camera(1, { address: "Leśna 22" }), camera(2), camera(12, { name: "Dworzec", address: "Kolejowa 1" })];

describe("the picker of a camera", () => {
  beforeEach(() => {
    for (const { camera_id } of CAMERAS)
      gateway().json(`GET /api/v1/archive/cameras/${camera_id}/timeline`, { camera_id, from: "2026-11-20T10:50:00Z", to: "2026-11-20T11:10:00Z", completeness: 1, spans: [] });
  });

  const openPicker = async (path: string, label: string) => {
    const { user } = openConsole(gateway(), path, "operator");
    gateway().json("GET /api/v1/cameras", { items: CAMERAS });
    const picker = await screen.findByRole("combobox", { name: label });
    await user.click(picker);
    return { user, picker };
  };

  it.each([
    ["2", "cam-002"],
    ["012", "cam-012"],
    ["dworz", "cam-012"],
    ["kolejowa", "cam-012"],
  ])("opens what was typed by Enter: %s", async (words, cameraId) => {
    const { user } = await openPicker("/playback", "Kamera");
    await user.keyboard(`${words}{Enter}`);
    await waitFor(() => expect(window.location.pathname).toBe(`/playback/${cameraId}`));
  });

  it("opens the number that was typed by arrow and Enter too", async () => {
    const { user } = await openPicker("/playback", "Kamera");
    await user.keyboard("2{ArrowDown}{Enter}");
    await waitFor(() => expect(window.location.pathname).toBe("/playback/cam-002"));
  });

  it("keeps words that fit no camera, and chooses nothing", async () => {
    const { user, picker } = await openPicker("/playback", "Kamera");
    await user.keyboard("zamek{Enter}");
    expect(picker).toHaveValue("zamek");
    expect(screen.getByText("Żadna kamera nie pasuje.")).toBeVisible();
    expect(window.location.pathname).toBe("/playback");
  });

  it("goes from the camera that is shown to the one whose number is typed over it", async () => {
    const { user, picker } = await openPicker("/playback/cam-001?at=2026-11-20T11:00:00.000Z", "Kamera");
    expect(picker).toHaveValue("1 Rynek 1");
    await user.keyboard("2{Enter}");
    await waitFor(() => expect(window.location.pathname).toBe("/playback/cam-002"));
    expect(await screen.findByRole("combobox", { name: "Kamera" })).toHaveValue("2 Rynek 2");
  });

  it("adds one more camera by number", async () => {
    const { user } = await openPicker("/playback/cam-001?at=2026-11-20T11:00:00.000Z", "Dodaj kamerę obok");
    await user.keyboard("12{Enter}");
    await waitFor(() => expect(window.location.search).toContain("cameras=cam-001,cam-012"));
  });
});

describe("findCameras", () => {
  it("puts the camera whose number or name was typed first, then those that fit", () => {
    const numbered = CAMERAS.map((each, index) => ({ ...each, number: [1, 2, 12][index] ?? 0 }));
    const numbers = (search: string) => findCameras(numbered, search).map(({ number }) => number);
    expect(numbers("2")).toEqual([2, 1, 12]);
    expect(numbers("rynek 2 ")).toEqual([2, 1]);
    expect(numbers("22")).toEqual([1]);
    expect(numbers("")).toEqual([1, 2, 12]);
  });
});
