import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Export } from "../api/exports.ts";
import { expectAccessible, fill, openConsole, withConsole } from "../testing/console.tsx";
import { progressOf } from "./export-words.ts";

const { gateway } = withConsole();

const wanted = (change: Partial<Export> = {}): Export => ({
  export_id: "e-1",
  state: "queued",
  requested_by: "someone-else",
  requested_at: "2026-11-22T11:00:00Z",
  approved_by: null,
  cancelled_by: null,
  reason: "Kolizja na Rynku",
  case_number: "RSD-1/26",
  cameras: ["cam-001"],
  from: "2026-11-22T10:00:00Z",
  to: "2026-11-22T10:05:00Z",
  masks: [],
  originals: true,
  footage_bytes: 1_000_000,
  footage_s: 300,
  stage: "",
  done_bytes: 0,
  total_bytes: 0,
  finished_at: null,
  expires_at: null,
  size_bytes: null,
  sha256: null,
  stamped: null,
  damaged: null,
  failure: null,
  failure_detail: null,
  ...change,
});

function withExports(...exports: Export[]) {
  gateway().json("GET /api/v1/archive/exports", { exports });
}

const at = "/exports?camera=cam-001&at=2026-11-22T10:05:00Z";

describe("asking for a package", () => {
  it("sends cameras, time, reason and case, under a key of its own", async () => {
    withExports();
    const { user } = openConsole(gateway(), at, "operator");
    gateway().json("POST /api/v1/archive/exports", wanted(), 202);
    await user.click(await screen.findByRole("button", { name: "Przygotuj paczkę" }));
    expect(screen.getByText("Podaj numer sprawy i powód (co najmniej 5 znaków).")).toBeVisible();
    expect(gateway().asked("POST /api/v1/archive/exports")).toEqual([]);
    await fill(user, screen.getByLabelText("Numer sprawy"), "RSD-1/26");
    await fill(user, screen.getByLabelText(/^Powód/), "Kolizja na Rynku");
    await user.click(screen.getByRole("button", { name: "Przygotuj paczkę" }));
    await waitFor(() => expect(gateway().asked("POST /api/v1/archive/exports")).toHaveLength(1));
    const [sent] = gateway().asked("POST /api/v1/archive/exports");
    expect(sent?.body).toMatchObject({
      from: "2026-11-22T10:00:00.000Z",
      to: "2026-11-22T10:05:00.000Z",
      case_number: "RSD-1/26",
      reason: "Kolizja na Rynku",
    });
    expect(sent?.headers.get("idempotency-key")).toHaveLength(36);
  });

  it("covers what is drawn, by keys too, and leaves the original out when told so", async () => {
    withExports();
    const { user, container } = openConsole(gateway(), at, "operator");
    gateway().json("POST /api/v1/archive/exports", wanted(), 202);
    await user.click(await screen.findByRole("button", { name: "Zaznacz zasłony (0)" }));
    const dialog = await screen.findByRole("dialog", { name: "Zasłony: 1 Rynek 1" });
    await user.click(within(dialog).getByRole("button", { name: "Dodaj zasłonę" }));
    within(dialog).getByRole("button", { name: /Zasłona 1, róg 3: 50% od lewej, 50% od góry/ }).focus();
    await user.keyboard("{Shift>}{ArrowRight}{/Shift}{ArrowDown}");
    expect(within(dialog).getByRole("button", { name: /Zasłona 1, róg 3: 55% od lewej, 51% od góry/ })).toHaveFocus();
    await expectAccessible(dialog);
    await user.click(within(dialog).getByRole("button", { name: "Zapisz" }));
    await user.click(await screen.findByLabelText("Dołącz oryginał bez zasłon"));
    expect(screen.getByText("W paczce będzie tylko kopia z zasłonami.")).toBeVisible();
    await fill(user, screen.getByLabelText("Numer sprawy"), "RSD-1/26");
    await fill(user, screen.getByLabelText(/^Powód/), "Kolizja na Rynku");
    await expectAccessible(container);
    await user.click(screen.getByRole("button", { name: "Przygotuj paczkę" }));
    await waitFor(() => expect(gateway().asked("POST /api/v1/archive/exports")).toHaveLength(1));
    const body = gateway().asked("POST /api/v1/archive/exports")[0]?.body as { masks: Record<string, number>[]; originals: boolean };
    expect(body.originals).toBe(false);
    expect(body.masks).toHaveLength(1);
    expect(body.masks[0]).toMatchObject({ camera_id: "cam-001", left: 0.3, top: 0.3 });
    expect(body.masks[0]?.width).toBeCloseTo(0.25);
    expect(body.masks[0]?.height).toBeCloseTo(0.21);
  });

  it("says in the reader's words why it is refused", async () => {
    withExports();
    const { user } = openConsole(gateway(), at, "operator");
    gateway().problem("POST /api/v1/archive/exports", 413, "export-too-large");
    await fill(user, await screen.findByLabelText("Numer sprawy"), "RSD-1/26");
    await fill(user, screen.getByLabelText(/^Powód/), "Kolizja na Rynku");
    await user.click(screen.getByRole("button", { name: "Przygotuj paczkę" }));
    expect(await screen.findByText(/za dużo na jedną paczkę/)).toBeVisible();
  });
});

describe("packages", () => {
  it("shows progress, then what to fetch", async () => {
    withExports(
      wanted({ state: "running", stage: "packing", done_bytes: 50, total_bytes: 100 }),
      wanted({ export_id: "e-2", case_number: "RSD-2/26", state: "finished", size_bytes: 5_000_000, stamped: false, damaged: 2 }),
      wanted({ export_id: "e-3", case_number: "RSD-3/26", state: "failed", failure: "disk-full" }),
    );
    const { container } = openConsole(gateway(), at, "dpo");
    const row = (await screen.findByRole("rowheader", { name: /RSD-1/ })).closest("tr");
    expect(within(row as HTMLElement).getByRole("progressbar", { name: "pakuję" })).toHaveAttribute("value", String(4.5 / 6));
    expect(screen.getByRole("link", { name: "Pobierz (5 MB)" })).toHaveAttribute("href", "/api/v1/archive/exports/e-2/package");
    expect(screen.getByText("bez znacznika czasu")).toBeVisible();
    expect(screen.getByText("2 uszkodzone fragmenty")).toBeVisible();
    expect(screen.getByText("Zabrakło miejsca na dysku.")).toBeVisible();
    await expectAccessible(container);
  });

  it("lets another person approve, and nobody without the right", async () => {
    withExports(wanted({ state: "awaiting_approval" }));
    gateway().json("POST /api/v1/archive/exports/e-1/decision", wanted());
    const { user, unmount } = openConsole(gateway(), at, "dpo");
    await user.click(await screen.findByRole("button", { name: "Zatwierdź" }));
    await waitFor(() => expect(gateway().asked("POST /api/v1/archive/exports/e-1/decision")[0]?.body).toEqual({ approve: true }));
    unmount();
    openConsole(gateway(), at, "operator");
    expect(await screen.findByRole("button", { name: "Anuluj" })).toBeVisible();
    expect(screen.queryByRole("button", { name: "Zatwierdź" })).toBeNull();
  });

  it("counts all stages", () => {
    expect(progressOf({ stage: "reading", done_bytes: 0, total_bytes: 0 })).toBe(0);
    expect(progressOf({ stage: "verifying", done_bytes: 9, total_bytes: 9 })).toBe(1);
    expect(progressOf({ stage: "?", done_bytes: 9, total_bytes: 9 })).toBe(0);
  });
});
