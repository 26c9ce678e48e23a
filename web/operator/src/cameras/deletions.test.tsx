import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Deletion } from "../api/deletions.ts";
import { expectAccessible, fill, openConsole, withConsole } from "../testing/console.tsx";

const { gateway } = withConsole();
const PATH = "/api/v1/archive/privacy-deletions";

const DELETION: Deletion = {
  deletion_id: "d1",
  state: "requested",
  camera_id: "cam-001",
  from: "2026-11-01T00:00:00Z",
  to: "2026-11-22T00:00:00Z",
  purpose: "camera_removed",
  reason: "Sprzedany budynek",
  requested_by: "staff-other",
  requested_at: "2026-11-22T10:00:00Z",
  decided_by: null,
  decided_at: null,
  done_at: null,
  deleted_segments: 0,
  deleted_bytes: 0,
  held_segments: 2,
};

describe("deletions of footage", () => {
  it("follow the removal of a camera when asked for, and say why they cannot be yet", async () => {
    gateway().on("DELETE /api/v1/cameras/cam-001", () => new Response(null, { status: 204 }));
    gateway().json(`GET ${PATH}`, { deletions: [] });
    gateway().problem(`POST ${PATH}`, 409, "camera-in-use");
    const { user } = openConsole(gateway(), "/cameras", "admin");
    await user.click((await screen.findAllByRole("button", { name: "Więcej: Rynek 1" }))[0]!);
    await user.click(await screen.findByRole("menuitem", { name: "Usuń" }));
    const removal = within(await screen.findByRole("dialog"));
    await fill(user, removal.getByRole("textbox"), "cam-001");
    await user.click(removal.getByRole("checkbox", { name: /Potem poproś o usunięcie jej nagrań/ }));
    await user.click(removal.getByRole("button", { name: "Usuń kamerę" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Poproś o usunięcie" }));
    expect(dialog.getByLabelText("Identyfikator usuniętej kamery")).toHaveValue("cam-001");
    await user.click(dialog.getByRole("button", { name: "Poproś o usunięcie" }));
    expect(dialog.getByText("Podaj powód (co najmniej 3 znaki).")).toBeVisible();
    await fill(user, dialog.getByLabelText("Powód"), "Sprzedany budynek");
    await user.click(dialog.getByRole("button", { name: "Poproś o usunięcie" }));
    expect(await dialog.findByText(/rejestrator jeszcze o tym nie wie/)).toBeVisible();
    expect(gateway().asked(`POST ${PATH}`)[0]?.body).toEqual({ camera_id: "cam-001", purpose: "camera_removed", reason: "Sprzedany budynek" });
  });

  it("need another person's word: one's own request offers no agreement", async () => {
    gateway().json(`GET ${PATH}`, { deletions: [DELETION, { ...DELETION, deletion_id: "d2", camera_id: "cam-002", requested_by: "staff-dpo" }] });
    gateway().json(`POST ${PATH}/d1/approval`, { ...DELETION, state: "approved" });
    const { user, container } = openConsole(gateway(), "/deletions", "dpo");
    const agree = await screen.findByRole("button", { name: "Zgadzam się na usunięcie nagrań: cam-001" });
    expect(screen.queryByRole("button", { name: "Zgadzam się na usunięcie nagrań: cam-002" })).toBeNull();
    expect(screen.getByText("zgodzić musi się ktoś inny")).toBeVisible();
    expect(screen.getAllByText("2 pliki zabezpieczone, zostają")[0]).toBeVisible();
    await expectAccessible(container);
    await user.click(agree);
    await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Zgadzam się" }));
    await waitFor(() => expect(gateway().asked(`POST ${PATH}/d1/approval`)).toHaveLength(1));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });
});
