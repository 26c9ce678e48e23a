import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { expectAccessible, fill, openConsole, withConsole } from "../testing/console.tsx";
import { problem, reportSummary, report, staff } from "../testing/fake-gateway.ts";

const { gateway } = withConsole();

async function fillIn(user: ReturnType<typeof openConsole>["user"]) {
  await fill(user, await screen.findByLabelText("Login"), "operator");
  await fill(user, screen.getByLabelText("Hasło"), "tajne");
  await fill(user, screen.getByLabelText("Kod jednorazowy"), "123 456");
  await user.click(screen.getByRole("button", { name: "Zaloguj" }));
}

describe("signing in", () => {
  it("is accessible and puts the cursor where one begins", async () => {
    const { container } = openConsole(gateway(), "/", null);
    expect(await screen.findByLabelText("Login")).toHaveFocus();
    await expectAccessible(container);
  });

  it("sends login, password and code, and opens the role's first page", async () => {
    const { user } = openConsole(gateway(), "/", null);
    gateway().json("POST /api/v1/session", staff("clerk"));
    gateway().json("GET /api/v1/town/reports", { items: [], next_cursor: null });
    await fillIn(user);
    expect(await screen.findByRole("heading", { name: "Zgłoszenia" })).toBeVisible();
    expect(gateway().asked("POST /api/v1/session")[0]?.body).toEqual({ login: "operator", password: "tajne", code: "123456" });
  });

  it("does not say which of the three was wrong, and asks for a new code", async () => {
    const { user } = openConsole(gateway(), "/", null);
    gateway().problem("POST /api/v1/session", 401, "sign-in-failed");
    await fillIn(user);
    expect(await screen.findByRole("alert")).toHaveTextContent("Login, hasło lub kod się nie zgadza");
    expect(screen.getByLabelText("Kod jednorazowy")).toHaveValue("");
    expect(screen.getByLabelText("Hasło")).toHaveValue("tajne");
  });

  it("says how long a lock lasts", async () => {
    const { user } = openConsole(gateway(), "/", null);
    gateway().problem("POST /api/v1/session", 429, "too-many-tries", { "Retry-After": "900" });
    await fillIn(user);
    expect(await screen.findByRole("alert")).toHaveTextContent("Logowanie jest zablokowane, spróbuj za 15 minut");
  });

  it("tells a broken line from a wrong password", async () => {
    const { user } = openConsole(gateway(), "/", null);
    gateway().on("POST /api/v1/session", () => Promise.reject(new TypeError("no line")));
    await fillIn(user);
    expect(await screen.findByRole("alert")).toHaveTextContent("Nie ma połączenia z serwerem");
  });
});

describe("other ways in", () => {
  it("offers what the gateway offers, and says what the identity provider refused", async () => {
    const { container } = openConsole(gateway(), "/?sign-in-problem=oidc-role-unknown", null);
    gateway().json("GET /api/v1/session/methods", { password: true, passkey: true, oidc: { name: "Urząd Miasta", start: "/api/v1/session/oidc/start" } });
    expect(await screen.findByRole("link", { name: "Zaloguj przez: Urząd Miasta" })).toHaveAttribute("href", "/api/v1/session/oidc/start");
    expect(screen.getByText(/nie ma tu roli/)).toBeVisible();
    expect(window.location.search).toBe("");
    // jsdom has no authenticator: a browser without one is not offered a passkey.
    expect(screen.queryByRole("button", { name: "Zaloguj kluczem dostępu" })).toBeNull();
    await expectAccessible(container);
  });

  it("lets one in with a recovery code", async () => {
    const { user } = openConsole(gateway(), "/", null);
    gateway().json("POST /api/v1/session/recovery", staff("clerk"));
    gateway().json("GET /api/v1/town/reports", { items: [], next_cursor: null });
    await user.click(await screen.findByRole("button", { name: "Nie mam telefonu" }));
    await fill(user, screen.getByLabelText("Login"), "clerk");
    await fill(user, screen.getByLabelText("Hasło"), "tajne");
    await fill(user, screen.getByLabelText("Kod zapasowy"), "ABCD-EFGH");
    await user.click(screen.getByRole("button", { name: "Zaloguj" }));
    expect(await screen.findByRole("heading", { name: "Zgłoszenia" })).toBeVisible();
    expect(gateway().asked("POST /api/v1/session/recovery")[0]?.body).toEqual({ login: "clerk", password: "tajne", recovery_code: "ABCD-EFGH" });
  });

  it("asks for a password of one's own before anything else", async () => {
    openConsole(gateway(), "/wall", "operator");
    gateway().json("GET /api/v1/session", { ...staff("operator"), must_change_password: true });
    expect(await screen.findByText("Zanim zaczniesz, zmień hasło na własne.")).toBeVisible();
    expect(screen.queryByRole("navigation", { name: "Strony konsoli" })).toBeNull();
  });
});

describe("a set-up link", () => {
  it("leads to password, phone and recovery codes, and into the console", async () => {
    const { user, container } = openConsole(gateway(), "/set-up#tok-1", null);
    gateway().json("POST /api/v1/account-setups/inspection", { login: "jan", name: "Jan Kowalski", role: "clerk", totp_secret: "ABCDEFGHIJKLMNOP", totp_uri: "otpauth://totp/x?secret=ABCDEFGHIJKLMNOP", expires_at: "2026-11-24T00:00:00Z" });
    gateway().json("POST /api/v1/account-setups/completion", { recovery_codes: ["AAAA-BBBB", "CCCC-DDDD"], session: staff("clerk") });
    expect(await screen.findByText(/Jan Kowalski, login: jan, rola: urzędnik od zgłoszeń/)).toBeVisible();
    expect(screen.getByTitle("Kod QR dla aplikacji uwierzytelniającej")).toBeInTheDocument();
    expect(screen.getByText("ABCD EFGH IJKL MNOP")).toBeVisible();
    await expectAccessible(container);
    await fill(user, screen.getByLabelText("Nowe hasło"), "krótkie");
    await fill(user, screen.getByLabelText("Kod jednorazowy"), "123 456");
    await user.click(screen.getByRole("button", { name: "Załóż konto" }));
    expect(gateway().asked("POST /api/v1/account-setups/completion")).toEqual([]);
    await fill(user, screen.getByLabelText("Nowe hasło"), " konie lubią siano");
    await user.click(screen.getByRole("button", { name: "Załóż konto" }));
    expect(await screen.findByText("CCCC-DDDD")).toBeVisible();
    expect(gateway().asked("POST /api/v1/account-setups/completion")[0]?.body).toEqual({ token: "tok-1", password: "krótkie konie lubią siano", code: "123456" });
    gateway().json("GET /api/v1/session", staff("clerk"));
    gateway().json("GET /api/v1/town/reports", { items: [], next_cursor: null });
    await user.click(screen.getByRole("button", { name: /Mam kody w bezpiecznym miejscu/ }));
    expect(await screen.findByRole("heading", { name: "Zgłoszenia" })).toBeVisible();
  });

  it("says when it is over", async () => {
    openConsole(gateway(), "/set-up#tok-2", null);
    gateway().problem("POST /api/v1/account-setups/inspection", 404, "set-up-unknown");
    expect(await screen.findByText(/Ten link jest już nieważny/)).toBeVisible();
  });
});

describe("the end of a session", () => {
  it("asks for a new sign-in and brings the same person back to the same half-written answer", async () => {
    const { user } = openConsole(gateway(), "/reports/r1", "clerk");
    gateway().json("GET /api/v1/town/reports", { items: [reportSummary()], next_cursor: null });
    gateway().json("GET /api/v1/town/reports/r1", report());
    await fill(user, await screen.findByLabelText("Słowa do autora"), "Naprawimy w piątek");
    gateway().on("POST /api/v1/town/reports/r1/answers", () => problem(401, "sign-in-required"));
    await user.click(screen.getByRole("button", { name: "Wyślij odpowiedź" }));

    expect(await screen.findByText(/Sesja się skończyła/)).toBeVisible();
    expect(screen.getByText("Słowa do autora")).not.toBeVisible();

    gateway().json("POST /api/v1/session", staff("clerk"));
    await fillIn(user);
    await waitFor(() => expect(screen.getByLabelText("Słowa do autora")).toBeVisible());
    expect(screen.getByLabelText("Słowa do autora")).toHaveValue("Naprawimy w piątek");
    expect(window.location.pathname).toBe("/reports/r1");
  });
});

describe("roles", () => {
  it.each([
    ["operator", ["Ściana", "Alarmy", "Nagrania", "Eksport", "Zgłoszenia", "Komunikaty", "Kamery"]],
    ["editor", ["Zgłoszenia", "Komunikaty", "Konsultacje", "Wysyłka"]],
    ["clerk", ["Zgłoszenia", "Komunikaty", "Konsultacje"]],
    ["dpo", ["Nagrania", "Eksport", "Mieszkańcy", "Kamery", "Dziennik"]],
    ["admin", ["Ściana", "Alarmy", "Eksport", "Zgłoszenia", "Komunikaty", "Konsultacje", "Wysyłka", "Mieszkańcy", "Kamery", "Dziennik", "Konta"]],
  ] as const)("%s sees its own pages only", async (role, pages) => {
    openConsole(gateway(), "/cameras", role);
    const nav = await screen.findByRole("navigation", { name: "Strony konsoli" });
    expect([...nav.querySelectorAll("a")].map((link) => link.textContent)).toEqual(pages);
  });

  it("says whose page it is instead of showing it", async () => {
    openConsole(gateway(), "/audit", "editor");
    expect(await screen.findByText("Ta strona nie należy do Twojej roli")).toBeVisible();
    expect(screen.getByText("Dziennik może przeglądać: inspektor ochrony danych lub administrator.")).toBeVisible();
    expect(gateway().asked("GET /api/v1/audit/entries")).toEqual([]);
  });
});
