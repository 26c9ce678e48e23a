import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { expectAccessible, fill, openConsole, withConsole } from "../testing/console.tsx";
import { camera, problem } from "../testing/fake-gateway.ts";

const { gateway } = withConsole();
const PATROL = "/api/v1/cameras/cam-001/ptz/patrol";
const ONVIF = { url: "http://10.0.0.7/onvif/device_service", main_profile: "", sub_profile: "", allow_clock_set: false, allow_gop_set: false, card_recording: false };
const KNOWN = { enabled: true, steps: [{ preset: "p1", dwell_s: 30 }], version: 3, position: 0, next_at: "2026-11-22T10:00:00Z", trouble: "", changed_by: "Jan Kowalski", changed_at: "2026-11-22T09:00:00Z" };

async function openDialog(patrol: object | null) {
  const opened = openConsole(gateway(), "/cameras", "dispatcher");
  gateway().json("GET /api/v1/cameras", { items: [camera(1, { onvif: ONVIF }), camera(2)] });
  gateway().json("GET /api/v1/cameras/cam-001/ptz/presets", { items: [{ token: "p1", name: "Wejście" }, { token: "p2", name: "Brama" }] });
  if (patrol === null) gateway().problem(`GET ${PATROL}`, 404, "patrol-unknown");
  else gateway().json(`GET ${PATROL}`, patrol);
  const [open, ...others] = await screen.findAllByRole("button", { name: /^Obchód/ });
  expect(others, "only cameras that turn").toEqual([]);
  if (open !== undefined) await opened.user.click(open);
  return opened;
}

describe("a camera's round", () => {
  it("is made of its places, by keyboard", async () => {
    const { user, container } = await openDialog(null);
    gateway().json(`PUT ${PATROL}`, KNOWN);
    await user.click(await screen.findByRole("button", { name: "Zapisz obchód" }));
    const dialog = screen.getByRole("dialog", { name: "Obchód: Rynek 1" });
    expect(within(dialog).getByRole("alert")).toHaveTextContent("Dodaj co najmniej jedno miejsce");
    await user.click(within(dialog).getByRole("button", { name: "Dodaj miejsce" }));
    await user.click(within(dialog).getByRole("button", { name: "Dodaj miejsce" }));
    const dwell = within(dialog).getByRole("spinbutton", { name: "Czas przy miejscu 2, w sekundach" });
    await user.clear(dwell);
    await fill(user, dwell, "45");
    await user.click(within(dialog).getByRole("button", { name: "Wyżej 2" }));
    await expectAccessible(container);
    await user.click(within(dialog).getByRole("button", { name: "Zapisz obchód" }));
    await waitFor(() => expect(gateway().asked(`PUT ${PATROL}`).map((one) => one.body)).toEqual([{ version: 0, enabled: true, steps: [{ preset: "p2", dwell_s: 45 }, { preset: "p1", dwell_s: 20 }] }]));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  it("is stopped from the version that was looked at, and says when it has changed meanwhile", async () => {
    const { user } = await openDialog({ ...KNOWN, trouble: "preset-unknown" });
    gateway().on(`PUT ${PATROL}`, () => problem(409, "patrol-changed"));
    expect(await screen.findByText(/Ostatni krok się nie udał: preset-unknown/)).toBeVisible();
    const dialog = screen.getByRole("dialog", { name: "Obchód: Rynek 1" });
    await user.click(within(dialog).getByRole("checkbox", { name: /Kamera obchodzi/ }));
    await user.click(within(dialog).getByRole("button", { name: "Zapisz obchód" }));
    expect(await within(dialog).findByText(/Ktoś inny zmienił ten obchód/)).toBeVisible();
    expect(gateway().asked(`PUT ${PATROL}`)[0]?.body).toMatchObject({ version: 3, enabled: false });
  });
});
