import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { FootageRequest } from "../api/footage-requests.ts";
import type { FoundResident, ResidentImport } from "../api/resident-imports.ts";
import { expectAccessible, fill, openConsole, withConsole } from "../testing/console.tsx";

const { gateway } = withConsole();

const CONSENT = "Zgadzam się na otrzymywanie komunikatów miasta SMS-em.";

function imported(change: Partial<ResidentImport> = {}): ResidentImport {
  return { id: "i1", state: "checked", dry_run: true, total: 3, importable: 2, imported: 0, known: 1, withdrawn: 0, doubled: 0, errors: [], errors_total: 0, created_at: "2026-11-22T10:00:00Z", created_by: "staff-admin", finished_at: null, ...change };
}

async function tryFile(user: ReturnType<typeof openConsole>["user"], container: HTMLElement) {
  await screen.findByRole("button", { name: "Sprawdź plik" });
  const input = container.querySelector<HTMLInputElement>("input[type=file]");
  if (input === null) throw new Error("no file input");
  await user.upload(input, new File(["telefon;data zgody;dowód zgody\n"], "baza.csv", { type: "text/csv" }));
  await fill(user, screen.getByLabelText("Na co się zgodzili, słowo w słowo"), CONSENT);
  await user.click(screen.getByRole("button", { name: "Sprawdź plik" }));
}

describe("the SMS base", () => {
  it("names each wrong row of a file, and offers nothing to bring in", async () => {
    const errors = [{ row: 2, column: "phone", code: "not-a-phone", detail: "Not a phone number.", value: "…12" }];
    gateway().json("POST /api/v1/town/resident-imports", imported({ state: "refused", importable: 2, errors, errors_total: 1 }), 202);
    const { user, container } = openConsole(gateway(), "/resident-import", "admin");
    await tryFile(user, container);
    expect(await screen.findByRole("row", { name: "2 phone …12 Not a phone number." })).toBeVisible();
    expect(screen.queryByRole("button", { name: /^Wczytaj/ })).toBeNull();
    await expectAccessible(container);
  });

  it("brings in what was tried, once, and tells how far it is", async () => {
    gateway().on("POST /api/v1/town/resident-imports", (request) => Response.json(request.url.includes("dry_run=true") ? imported() : imported({ state: "waiting", dry_run: false }), { status: 202 }));
    gateway().json("GET /api/v1/town/resident-imports/i1", imported({ state: "done", dry_run: false, imported: 2 }));
    const { user, container } = openConsole(gateway(), "/resident-import", "admin");
    await tryFile(user, container);
    await user.click(await screen.findByRole("button", { name: "Wczytaj 2 osoby" }));
    expect(await screen.findByRole("heading", { name: "Wczytano" })).toBeVisible();
    expect(screen.queryByRole("button", { name: /^Wczytaj 2/ })).toBeNull();
    expect(gateway().asked("POST /api/v1/town/resident-imports")[1]?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("one person's consents", () => {
  it("are found by the whole contact and erased only with a reason", async () => {
    const person = {
      id: "p1",
      created_at: "2026-11-22T10:00:00Z",
      contacts: [{ id: "c1", channel: "sms", address: "+48600100200", consented: true, consented_at: null, failed: null, failed_at: null, verified_at: "2026-11-22T10:00:00Z" }],
      consents: [{ id: "k1", action: "granted", at: "2026-11-22T10:00:00Z", contact_id: "c1", language: "pl", legal_basis: "art. 6 ust. 1 lit. a RODO", text: CONSENT, text_version: "1", way: "web" }],
    } as unknown as FoundResident;
    gateway().json("GET /api/v1/town/residents", { items: [person] });
    gateway().on("DELETE /api/v1/town/residents/p1", () => new Response(null, { status: 204 }));
    const { user, container } = openConsole(gateway(), "/residents", "dpo");
    await fill(user, await screen.findByLabelText("E-mail, telefon albo identyfikator"), "600 100 200");
    await user.click(screen.getByRole("button", { name: "Szukaj" }));
    expect(await screen.findByText(CONSENT)).toBeVisible();
    await expectAccessible(container);
    await user.click(screen.getByRole("button", { name: "Usuń dane tej osoby" }));
    const dialog = await screen.findByRole("dialog");
    await user.click(within(dialog).getByRole("button", { name: "Usuń na zawsze" }));
    expect(gateway().asked("DELETE /api/v1/town/residents/p1")).toEqual([]);
    await fill(user, within(dialog).getByLabelText("Dlaczego"), "pismo 17/2026");
    await user.click(within(dialog).getByRole("button", { name: "Usuń na zawsze" }));
    await waitFor(() => expect(screen.queryByText(CONSENT)).toBeNull());
  });
});

describe("requests for one's own footage", () => {
  const request = {
    id: "f1",
    version: 2,
    reference: "N-2026-00007",
    state: "received",
    camera_id: null,
    place: "Rynek, przy fontannie",
    from: "2026-11-20T10:00:00Z",
    to: "2026-11-20T11:00:00Z",
    handover: "electronic",
    submitted_at: "2026-11-21T10:00:00Z",
    due_at: "2026-12-21T10:00:00Z",
    extended_reason: "",
    footage_secured: false,
    outcome: null,
    answer: "",
    answered_at: null,
    description: "Czerwona kurtka",
    name: "Jan Kowalski",
    contact: "jan@example.org",
    language: "pl",
    identity_way: "",
    hold_id: "",
    export_id: "",
    days_left: 3,
    history: [{ kind: "submitted", by: "", note: "", at: "2026-11-21T10:00:00Z" }],
  } as FootageRequest;

  it("hand nothing over before somebody has shown who they are", async () => {
    gateway().json("GET /api/v1/town/footage-requests", { items: [request], next_cursor: null });
    gateway().json("GET /api/v1/town/footage-requests/f1", request);
    const { user, container } = openConsole(gateway(), "/footage-requests/f1", "dpo");
    expect((await screen.findAllByText("zostały 3 dni")).length).toBeGreaterThan(0);
    await expectAccessible(container);
    await user.click(await screen.findByRole("button", { name: "Odpowiedz" }));
    const dialog = await screen.findByRole("dialog");
    await user.click(within(dialog).getByLabelText("nagranie przekazane"));
    await fill(user, within(dialog).getByLabelText("Odpowiedź"), "W załączeniu.");
    await user.click(within(dialog).getByRole("button", { name: "Odpowiedz na zawsze" }));
    expect(within(dialog).getByText(/Najpierw sprawdź tożsamość/)).toBeVisible();
    expect(gateway().asked("POST /api/v1/town/footage-requests/f1/answer")).toEqual([]);
    await user.keyboard("{Escape}");
    gateway().json("POST /api/v1/town/footage-requests/f1/identity-check", { ...request, version: 3, state: "identity_confirmed", identity_way: "in_person" });
    await user.click(screen.getByRole("button", { name: "Sprawdzono tożsamość" }));
    await user.click(await screen.findByLabelText("osobiście, z dokumentem"));
    await user.click(screen.getByRole("button", { name: "Zapisz" }));
    await waitFor(() => expect(gateway().asked("POST /api/v1/town/footage-requests/f1/identity-check")[0]?.body).toEqual({ way: "in_person", note: "" }));
    expect(gateway().asked("POST /api/v1/town/footage-requests/f1/identity-check")[0]?.headers.get("If-Match")).toBe('"2"');
  });
});
