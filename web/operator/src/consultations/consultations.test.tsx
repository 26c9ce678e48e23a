import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Consultation, ConsultationResult, Opinion } from "../api/consultations.ts";
import { expectAccessible, fill, openConsole, withConsole } from "../testing/console.tsx";
import { problem } from "../testing/fake-gateway.ts";

const { gateway } = withConsole();
const PATH = "/api/v1/town/consultations";

function consultation(change: Partial<Consultation> = {}): Consultation {
  return {
    id: "c1",
    version: 3,
    state: "open",
    kind: "camera_site",
    texts: { pl: { title: "Gdzie kamera przy szkole?", body: "Wybierz miejsce." } },
    options: [
      { code: "plac", names: { pl: "Plac zabaw" }, place: { lat: 51.05, lon: 20.95 }, view_cone: { azimuth_deg: 90, angle_deg: 60, range_m: 80 } },
      { code: "wcale", names: { pl: "Nie chcę kamery" }, place: null, view_cone: null },
    ],
    vote_rule: "device",
    vote_statement: { pl: "Jeden głos na urządzenie." },
    most_choices: 1,
    opinions: "after_moderation",
    rules: "",
    opens_at: "2026-11-20T08:00:00Z",
    closes_at: "2036-12-07T20:00:00Z",
    voters: 5,
    opinions_shown: 1,
    opinions_waiting: 2,
    opened_at: "2026-11-20T07:00:00Z",
    closed_at: null,
    created_at: "2026-11-19T07:00:00Z",
    created_by: "staff-editor",
    ...change,
  };
}

const opinion: Opinion = { id: "o1", text: "Kamera nie zastąpi latarni.", way: "device", at: "2026-11-21T10:00:00Z", state: "waiting", reason: "", moderated_by: "" };

function asked(change: Partial<Consultation> = {}) {
  const one = consultation(change);
  gateway().json(`GET ${PATH}`, { items: [one], next_cursor: null });
  gateway().json(`GET ${PATH}/c1`, one);
  gateway().json(`GET ${PATH}/c1/opinions`, { items: [opinion], next_cursor: null });
}

describe("consultations", () => {
  it("invites to write the first one, and tells a clerk who may", async () => {
    gateway().json(`GET ${PATH}`, { items: [], next_cursor: null });
    const { container } = openConsole(gateway(), "/consultations", "editor");
    expect(await screen.findByText(/Napisz pierwszą konsultację/)).toBeVisible();
    expect(screen.getByRole("link", { name: "Nowa konsultacja" })).toBeVisible();
    await expectAccessible(container);
  });

  it("shows a clerk how one stands and what they can do with it, and nothing more", async () => {
    asked();
    const { container } = openConsole(gateway(), "/consultations/c1", "clerk");
    expect(await screen.findByRole("heading", { name: "Gdzie kamera przy szkole?" })).toBeVisible();
    expect(screen.getByText(/Kamera patrzyłaby w kierunku 90°/)).toBeVisible();
    expect(screen.getByRole("button", { name: "Wpisz formularz papierowy" })).toBeVisible();
    expect(screen.queryByRole("button", { name: "Zakończ i opublikuj wynik" })).toBeNull();
    expect(screen.queryByRole("link", { name: "Nowa konsultacja" })).toBeNull();
    expect(screen.getByText(/Pisać i otwierać konsultacje może: redaktor/)).toBeVisible();
    await expectAccessible(container);
  });

  it("names what is missing in a draft and sends nothing", async () => {
    gateway().json(`GET ${PATH}`, { items: [], next_cursor: null });
    const { user, container } = openConsole(gateway(), "/consultations/new", "editor");
    await user.click(await screen.findByRole("button", { name: "Zapisz szkic" }));
    const faults = screen.getByRole("alert");
    expect(faults).toHaveFocus();
    expect(within(faults).getByText("Wpisz po polsku pytanie i opis.")).toBeVisible();
    expect(within(faults).getByText("Wskaż na mapie co najmniej jedno miejsce kamery.")).toBeVisible();
    expect(gateway().asked(`POST ${PATH}`)).toEqual([]);
    await expectAccessible(container);
  });

  it("keeps a draft, and shows it to residents only when told", async () => {
    const draft = consultation({ state: "draft", opened_at: null, kind: "question", version: 1, voters: 0, opinions_waiting: 0 });
    asked({ ...draft });
    gateway().json(`POST ${PATH}`, draft, 201);
    gateway().json(`POST ${PATH}/c1/opening`, { ...draft, state: "scheduled", version: 2 });
    const { user } = openConsole(gateway(), "/consultations/new", "editor");
    await user.click(await screen.findByRole("radio", { name: "Inne pytanie" }));
    await fill(user, screen.getByLabelText("Pytanie w jednym zdaniu: Polski"), "Gdzie kamera przy szkole?");
    await fill(user, screen.getByLabelText("Opis: o co chodzi, co się zmieni, kto zdecyduje: Polski"), "Wybierz miejsce.");
    await fill(user, screen.getByLabelText("Odpowiedź 1: nazwa: Polski"), "Plac zabaw");
    await fill(user, screen.getByLabelText("Odpowiedź 2: nazwa: Polski"), "Nie chcę kamery");
    await user.click(screen.getByRole("button", { name: "Zapisz szkic" }));
    await user.click(await screen.findByRole("button", { name: "Pokaż mieszkańcom" }));
    const [sent] = gateway().asked(`POST ${PATH}`);
    expect(sent?.headers.get("Idempotency-Key")).toMatch(/^[0-9a-f-]{36}$/);
    expect(sent?.body).toMatchObject({ kind: "question", options: [{ code: "plac_zabaw" }, { code: "nie_chce_kamery" }] });
    gateway().json(`GET ${PATH}/c1`, { ...draft, state: "scheduled", version: 2 });
    await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Pokaż mieszkańcom" }));
    expect(await screen.findByText(/Mieszkańcy już ją widzą/)).toBeVisible();
    expect(gateway().asked(`POST ${PATH}/c1/opening`)[0]?.headers.get("If-Match")).toBe('"1"');
  });

  it("keeps what was written when somebody else was quicker", async () => {
    asked({ state: "draft", opened_at: null });
    gateway().problem(`PUT ${PATH}/c1`, 412, "changed-meanwhile");
    const { user } = openConsole(gateway(), "/consultations/c1/edit", "editor");
    const title = await screen.findByLabelText("Pytanie w jednym zdaniu: Polski");
    await user.clear(title);
    await fill(user, title, "Moje słowa");
    await user.click(screen.getByRole("button", { name: "Zapisz" }));
    expect(await screen.findByText(/Ktoś zmienił tę konsultację/)).toBeVisible();
    expect(title).toHaveValue("Moje słowa");
    gateway().json(`GET ${PATH}/c1`, consultation({ state: "draft", opened_at: null, version: 4, texts: { pl: { title: "Słowa kogoś innego", body: "Opis" } } }));
    await user.click(screen.getByRole("button", { name: "Wczytaj nowy stan i zacznij od niego" }));
    await waitFor(() => expect(screen.getByLabelText("Pytanie w jednym zdaniu: Polski")).toHaveValue("Słowa kogoś innego"));
  });

  it("takes forms on paper one after the other and warns of one that counts already", async () => {
    asked();
    gateway().json(`POST ${PATH}/c1/paper-entries`, { form: "K-1", choices: ["plac"], opinion_id: null, at: "2026-11-22T10:00:00Z" }, 201);
    const { user } = openConsole(gateway(), "/consultations/c1", "clerk");
    await user.click(await screen.findByRole("button", { name: "Wpisz formularz papierowy" }));
    const dialog = within(await screen.findByRole("dialog"));
    await user.click(dialog.getByRole("button", { name: "Zapisz i wpisz następny" }));
    expect(dialog.getByText("Wpisz numer formularza: chroni przed policzeniem go dwa razy.")).toBeVisible();
    await fill(user, dialog.getByLabelText("Numer formularza"), "K-1");
    await user.click(dialog.getByRole("checkbox", { name: "Plac zabaw" }));
    await user.click(dialog.getByRole("checkbox", { name: "Nie chcę kamery" }));
    expect(dialog.getByText(/Można wybrać tylko jedną odpowiedź/)).toBeVisible();
    await user.click(dialog.getByRole("checkbox", { name: "Nie chcę kamery" }));
    await user.click(dialog.getByRole("button", { name: "Zapisz i wpisz następny" }));
    expect(await dialog.findByText("Wpisano K-1.")).toBeVisible();
    expect(dialog.getByLabelText("Numer formularza")).toHaveValue("");

    gateway().problem(`POST ${PATH}/c1/paper-entries`, 409, "form-entered");
    await fill(user, dialog.getByLabelText("Numer formularza"), "K-1");
    await fill(user, dialog.getByLabelText("Opinia z formularza"), "Za ciemno.");
    await user.click(dialog.getByRole("button", { name: "Zapisz i wpisz następny" }));
    expect(await dialog.findByText(/Formularz K-1 jest już wpisany/)).toBeVisible();
    expect(dialog.getByLabelText("Opinia z formularza")).toHaveValue("Za ciemno.");
    const keys = gateway().asked(`POST ${PATH}/c1/paper-entries`).map(({ headers }) => headers.get("Idempotency-Key"));
    expect(new Set(keys).size).toBe(2);
  });

  it("shows an opinion at once and hides one only with a reason", async () => {
    asked();
    const route = `POST ${PATH}/c1/opinions/o1/moderation` as const;
    gateway().on(route, () => new Response(null, { status: 204 }));
    const { user } = openConsole(gateway(), "/consultations/c1", "clerk");
    await user.click(await screen.findByRole("button", { name: /^Ukryj opinię/ }));
    const dialog = within(await screen.findByRole("dialog"));
    await user.click(dialog.getByRole("button", { name: "Ukryj" }));
    expect(gateway().asked(route)).toEqual([]);
    await fill(user, dialog.getByRole("textbox"), "Obraża sąsiada.");
    await user.click(dialog.getByRole("button", { name: "Ukryj" }));
    await waitFor(() => expect(gateway().asked(route).map(({ body }) => body)).toEqual([{ state: "hidden", reason: "Obraża sąsiada." }]));
    await user.click(await screen.findByRole("button", { name: /^Pokaż opinię/ }));
    await waitFor(() => expect(gateway().asked(route)[1]?.body).toEqual({ state: "shown", reason: "" }));
  });

  it("warns before it ends early, and says when the state has changed meanwhile", async () => {
    asked();
    gateway().on(`POST ${PATH}/c1/closure`, () => problem(412, "changed-meanwhile"));
    const { user } = openConsole(gateway(), "/consultations/c1", "editor");
    await user.click(await screen.findByRole("button", { name: "Zakończ i opublikuj wynik" }));
    const dialog = within(await screen.findByRole("dialog"));
    expect(dialog.getByText(/Kończysz przed czasem/)).toBeVisible();
    await user.click(dialog.getByRole("button", { name: "Zakończ na zawsze" }));
    expect(await dialog.findByRole("alert")).toBeVisible();
  });

  it("reports the result with every count, and says when it is not yet for the public", async () => {
    asked();
    const result: ConsultationResult = {
      consultation_id: "c1",
      state: "counting",
      final: false,
      vote_rule: "device",
      vote_statement: { pl: "Jeden głos na urządzenie." },
      rules: "uchwała nr XII/99/2024",
      opens_at: "2026-11-20T08:00:00Z",
      closes_at: "2026-11-22T08:00:00Z",
      closed_at: null,
      voters: 4,
      voters_by_way: { device: 3, paper: 1, person: 0 },
      options: [
        { code: "wcale", names: { pl: "Nie chcę kamery" }, votes: 1, by_way: { person: 0, device: 1, paper: 0 } },
        { code: "plac", names: { pl: "Plac zabaw" }, votes: 3, by_way: { person: 0, device: 2, paper: 1 } },
      ],
      days: [{ day: "2026-11-21", voters: 4 }],
      opinions: { received: 3, shown: 1, hidden: 1, waiting: 1 },
    };
    gateway().json(`GET ${PATH}/c1/result`, result);
    const { container } = openConsole(gateway(), "/consultations/c1/result", "clerk");
    const table = within(await screen.findByRole("table", { name: "Głosy" }));
    const [, first, second] = table.getAllByRole("row");
    expect(first).toHaveTextContent(/^Plac zabaw.*375\s?%021$/);
    expect(second).toHaveTextContent(/^Nie chcę kamery125\s?%010$/);
    expect(screen.getByText(/nie wolno go ogłaszać przed zakończeniem/)).toBeVisible();
    expect(screen.getByText("Otrzymano: 3. Pokazano: 1, ukryto: 1, czeka na decyzję: 1.")).toBeVisible();
    expect(screen.getByRole("button", { name: "Drukuj raport" })).toBeVisible();
    await expectAccessible(container);
  });
});
