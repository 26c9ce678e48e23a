import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { expectAccessible, fill, openConsole, withConsole } from "../testing/console.tsx";
import { announcement, announcementDetail, problem } from "../testing/fake-gateway.ts";

const { gateway } = withConsole();

const PREVIEW = {
  people: 1234,
  channels: [
    { channel: "push", recipients: 900, sms_parts: null, cost_pln: null },
    { channel: "sms", recipients: 334, sms_parts: 668, cost_pln: 53.44 },
  ],
  sms: [{ language: "pl", text: "Nie ma wody na Rynku.", encoding: "gsm-7", characters: 21, parts: 1, recipients: 334 }],
  cost_pln: 53.44,
  geometry: null,
  addresses: 541,
};

function withAnnouncements() {
  gateway().json("GET /api/v1/town/announcements", { items: [announcement()], next_cursor: null });
  gateway().json("GET /api/v1/town/announcements/a1", announcementDetail());
  gateway().json("GET /api/v1/town/announcements/a1/progress", announcement().progress);
}

async function write(user: ReturnType<typeof openConsole>["user"]) {
  await user.selectOptions(await screen.findByLabelText("Czego dotyczy"), "water");
  await fill(user, screen.getByLabelText("Tytuł"), "Nie ma wody na Rynku");
  await fill(user, screen.getByLabelText("Tekst"), "Pękła rura.");
  await user.click(screen.getByRole("button", { name: "Sprawdź przed wysłaniem" }));
}

describe("issuing", () => {
  it("says everything that is missing before it asks the server", async () => {
    withAnnouncements();
    const { user, container } = openConsole(gateway(), "/announcements/new", "editor");
    await user.click(await screen.findByRole("button", { name: "Sprawdź przed wysłaniem" }));
    const alert = await screen.findByRole("alert");
    expect(within(alert).getAllByRole("listitem").map((item) => item.textContent)).toEqual([
      "Wybierz, czego komunikat dotyczy.",
      "Napisz tytuł po polsku.",
      "Napisz tekst po polsku.",
    ]);
    expect(gateway().asked("POST /api/v1/town/announcements/preview")).toEqual([]);
    await expectAccessible(container);
  });

  it("shows recipients, parts and cost, and sends only after the second press", async () => {
    withAnnouncements();
    const { user, container } = openConsole(gateway(), "/announcements/new", "editor");
    gateway().json("POST /api/v1/town/announcements/preview", PREVIEW);
    gateway().json("POST /api/v1/town/announcements", announcementDetail(), 201);
    await write(user);
    expect(await screen.findByText("Dostaną to 1234 osoby.")).toBeVisible();
    expect(screen.getByRole("row", { name: /SMS 334 668 53,44/ })).toBeVisible();
    expect(screen.getByText("21 znaków, 1 część, GSM-7", { exact: false })).toBeVisible();
    await expectAccessible(container);
    expect(gateway().asked("POST /api/v1/town/announcements")).toEqual([]);

    await user.click(screen.getByRole("button", { name: "Wyślij do 1234 osób" }));
    await waitFor(() => expect(window.location.pathname).toBe("/announcements/a1"));
    const [sent] = gateway().asked("POST /api/v1/town/announcements");
    expect(sent?.body).toMatchObject({ category: "water", area: { kind: "town" }, channels: ["push", "email"], valid_from: null });
    expect(sent?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("keeps the words over a reload until they are sent or thrown away", async () => {
    withAnnouncements();
    const first = openConsole(gateway(), "/announcements/new", "editor");
    await fill(first.user, await screen.findByLabelText("Tytuł"), "Nie ma wody");
    first.unmount();
    const second = openConsole(gateway(), "/announcements/new", "editor");
    expect(await screen.findByLabelText("Tytuł")).toHaveValue("Nie ma wody");
    await second.user.click(screen.getByRole("button", { name: "Porzuć" }));
    await waitFor(() => expect(sessionStorage.length).toBe(0));
  });
});

describe("an announcement that is out", () => {
  it("shows how it fares on each channel, and its history", async () => {
    withAnnouncements();
    const { container } = openConsole(gateway(), "/announcements/a1", "editor");
    const progress = await screen.findByRole("region", { name: "Doręczanie" });
    expect(within(progress).getByText(/Wysłano 5 z 6/)).toBeVisible();
    expect(within(progress).getByRole("row", { name: "e-mail 0 0 2 0" })).toBeVisible();
    expect(screen.getByText(/Wydany \(wersja 1\)/)).toBeVisible();
    await expectAccessible(container);
  });

  it("is called off with a reason and the version that was looked at", async () => {
    withAnnouncements();
    const { user } = openConsole(gateway(), "/announcements/a1", "editor");
    gateway().json("POST /api/v1/town/announcements/a1/cancellation", announcementDetail({ state: "cancelled", version: 2, kind: "cancelled" }));
    await user.click(await screen.findByRole("button", { name: "Odwołaj" }));
    await user.click(await screen.findByRole("button", { name: "Odwołaj i powiadom" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Uzupełnij tytuł i powód: Polski");
    await fill(user, screen.getByLabelText("Dlaczego odwołujemy"), "Naprawione.");
    await user.click(screen.getByRole("button", { name: "Odwołaj i powiadom" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(gateway().asked("POST /api/v1/town/announcements/a1/cancellation")[0]?.body).toEqual({
      expected_version: 1,
      texts: { pl: { title: "Odwołane: Nie ma wody na Rynku", body: "Naprawione.", instruction: "", sms: "" } },
    });
  });

  it("does not overwrite what somebody else changed meanwhile", async () => {
    withAnnouncements();
    const { user } = openConsole(gateway(), "/announcements/a1/update", "editor");
    gateway().json("POST /api/v1/town/announcements/preview", PREVIEW);
    gateway().on("PUT /api/v1/town/announcements/a1", () => problem(409, "version-conflict"));
    await user.click(await screen.findByRole("button", { name: "Sprawdź przed wysłaniem" }));
    await user.click(await screen.findByRole("button", { name: "Wyślij zmianę" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Ktoś zmienił ten komunikat przed Tobą");
    expect(gateway().asked("PUT /api/v1/town/announcements/a1")[0]?.body).toMatchObject({ expected_version: 1, severity: "warning" });
  });

  it("can be read by others, who are told who may write", async () => {
    withAnnouncements();
    openConsole(gateway(), "/announcements/a1", "operator");
    expect(await screen.findByRole("heading", { name: "Nie ma wody na Rynku" })).toBeVisible();
    expect(screen.getByText("Wydawać i odwoływać komunikaty może: redaktor komunikatów lub administrator.")).toBeVisible();
    expect(screen.queryByRole("button", { name: "Odwołaj" })).toBeNull();
  });
});
