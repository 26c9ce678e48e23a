import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { expectAccessible, openConsole, withConsole } from "../testing/console.tsx";
import { camera, problem } from "../testing/fake-gateway.ts";

const { gateway } = withConsole();
const PTZ = "/api/v1/cameras/cam-001/ptz";
const ONVIF = { url: "http://10.0.0.7/onvif/device_service", main_profile: "", sub_profile: "", allow_clock_set: false, allow_gop_set: false, card_recording: false };
const lease = (name: string, role: string, mine: boolean) => ({ lease_id: "l", holder: { account_id: "a", name, role }, taken_at: "2026-11-22T10:00:00Z", expires_at: "2036-11-22T10:00:00Z", mine });

beforeEach(() => {
  localStorage.clear();
});

async function openWall(role: "operator" | "dispatcher") {
  const opened = openConsole(gateway(), "/wall", role);
  gateway().json("GET /api/v1/cameras", { items: [camera(1, { onvif: ONVIF }), camera(2)] });
  gateway().json(`POST ${PTZ}/lease`, lease("Anna Nowak", role, true));
  gateway().json(`GET ${PTZ}/presets`, { items: [{ token: "p1", name: "Wejście" }] });
  for (const route of [`PUT ${PTZ}/move`, `POST ${PTZ}/stop`, `DELETE ${PTZ}/lease`, `POST ${PTZ}/presets/p1/goto`] as const) {
    gateway().on(route, () => new Response(null, { status: 204 }));
  }
  await screen.findByRole("grid");
  return opened;
}

describe("steering a camera", () => {
  it("takes the joystick, drives while a key is held, stops, and gives the joystick back", async () => {
    const { user, container } = await openWall("operator");
    await user.keyboard("1{Enter}c");
    const pad = await screen.findByRole("region", { name: /Sterowanie kamerą 1/ });
    expect(await within(pad).findByText("Sterujesz: strzałki, + i −")).toBeVisible();
    await expectAccessible(container);
    await user.keyboard("{ArrowRight>}");
    await waitFor(() => expect(gateway().asked(`PUT ${PTZ}/move`)[0]?.body).toEqual({ pan: 0.4, tilt: 0, zoom: 0 }));
    await user.keyboard("{/ArrowRight}");
    await waitFor(() => expect(gateway().asked(`POST ${PTZ}/stop`)).toHaveLength(1));
    expect(screen.getAllByRole("gridcell")[0]).toHaveAttribute("aria-selected", "true");
    await user.click(await within(pad).findByRole("button", { name: "Miejsca" }));
    await user.click(await screen.findByRole("menuitem", { name: "Wejście" }));
    await waitFor(() => expect(gateway().asked(`POST ${PTZ}/presets/p1/goto`)).toHaveLength(1));
    await user.click(within(pad).getByRole("button", { name: "Zakończ sterowanie" }));
    await waitFor(() => expect(gateway().asked(`DELETE ${PTZ}/lease`)).toHaveLength(1));
  });

  it("lets go when the window loses the hand", async () => {
    const { user } = await openWall("operator");
    await user.keyboard("1{Enter}c");
    await screen.findByText("Sterujesz: strzałki, + i −");
    await user.keyboard("{ArrowUp>}");
    await waitFor(() => expect(gateway().asked(`PUT ${PTZ}/move`)).not.toHaveLength(0));
    window.dispatchEvent(new Event("blur"));
    await waitFor(() => expect(gateway().asked(`POST ${PTZ}/stop`)).toHaveLength(1));
  });

  it("says who holds it, and lets a dispatcher take over from an operator", async () => {
    const { user } = await openWall("dispatcher");
    gateway().on(`POST ${PTZ}/lease`, async (request) => {
      const { take_over: takeOver } = (await request.json()) as { take_over: boolean };
      if (takeOver) return Response.json(lease("Anna Nowak", "dispatcher", true));
      const held = await problem(409, "ptz-held").json() as object;
      return Response.json({ ...held, errors: [{ pointer: "", detail: "Jan Kowalski", code: "ptz-held" }] }, { status: 409 });
    });
    gateway().json(`GET ${PTZ}`, { lease: lease("Jan Kowalski", "operator", false), patrol: null });
    await user.keyboard("1{Enter}c");
    expect(await screen.findByText("Kamerą steruje: Jan Kowalski")).toBeVisible();
    await user.click(await screen.findByRole("button", { name: "Przejmij sterowanie" }));
    expect(await screen.findByText("Sterujesz: strzałki, + i −")).toBeVisible();
  });

  it("is not offered for a camera that cannot be spoken to", async () => {
    const { user } = await openWall("operator");
    await user.keyboard("2{Enter}c");
    expect(screen.queryByRole("button", { name: "Steruj kamerą" })).toBeNull();
    expect(gateway().asked(`POST ${PTZ}/lease`)).toHaveLength(0);
  });
});
