import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Account } from "../api/accounts.ts";
import { expectAccessible, fill, openConsole, withConsole } from "../testing/console.tsx";
import { problem } from "../testing/fake-gateway.ts";
import { browserWords } from "./SessionTable.tsx";

const { gateway } = withConsole();

function account(change: Partial<Account> = {}): Account {
  return {
    account_id: "a-1",
    login: "jan",
    name: "Jan Kowalski",
    role: "operator",
    camera_groups: null,
    enabled: true,
    has_password: true,
    passkeys: 0,
    provider: null,
    must_change_password: false,
    set_up_until: null,
    last_signed_in_at: null,
    created_at: "2026-11-20T10:00:00Z",
    changed_at: "2026-11-20T10:00:00Z",
    version: 3,
    ...change,
  };
}

const link = { url: "https://konsola.example/set-up#abc", expires_at: "2026-11-24T10:00:00Z" };
const session = { session_id: "s-1", browser: "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0", source_ip: "10.0.0.5", method: "password", created_at: "2026-11-22T08:00:00Z", last_seen_at: "2026-11-22T10:00:00Z", expires_at: "2026-11-23T08:00:00Z", current: true };

function withAccounts() {
  gateway().json("GET /api/v1/accounts", { items: [account(), account({ account_id: "a-2", login: "ewa", name: "Ewa Lis", enabled: false, set_up_until: "2036-01-01T00:00:00Z" })] });
  gateway().json("GET /api/v1/camera-groups", { items: [{ name: "szkoły", cameras: 2 }] });
}

describe("accounts", () => {
  it("are made with groups, and the link is shown once as text and as a picture", async () => {
    const { user, container } = openConsole(gateway(), "/accounts", "admin");
    withAccounts();
    gateway().json("POST /api/v1/accounts", { account: account({ account_id: "a-3", name: "Iga Nowa" }), set_up: link }, 201);
    expect(await screen.findByRole("rowheader", { name: /Ewa Lis/ })).toBeVisible();
    expect(screen.getByText(/czeka na założenie/)).toBeVisible();
    await expectAccessible(container);
    await user.click(screen.getByRole("button", { name: "Dodaj konto" }));
    const dialog = await screen.findByRole("dialog", { name: "Nowe konto" });
    await fill(user, within(dialog).getByLabelText("Imię i nazwisko"), "Iga Nowa");
    await fill(user, within(dialog).getByLabelText("Login"), "iga");
    await user.click(within(dialog).getByLabelText("wybrane grupy"));
    await user.click(await within(dialog).findByLabelText("szkoły (2 kamery)"));
    await user.click(within(dialog).getByRole("button", { name: "Załóż i pokaż link" }));
    const shown = await screen.findByRole("dialog", { name: "Link dla: Iga Nowa" });
    expect(within(shown).getByText(link.url)).toBeVisible();
    expect(within(shown).getByTitle("Kod QR z linkiem dla: Iga Nowa")).toBeInTheDocument();
    expect(gateway().asked("POST /api/v1/accounts")[0]?.body).toEqual({ name: "Iga Nowa", login: "iga", role: "operator", camera_groups: ["szkoły"] });
  });

  it("are changed from the version that was seen; the last administrator stays", async () => {
    const { user } = openConsole(gateway(), "/accounts", "admin");
    withAccounts();
    gateway().on("PATCH /api/v1/accounts/a-1", () => problem(409, "last-admin"));
    await user.click(await screen.findByRole("button", { name: "Zmień, Jan Kowalski" }));
    const dialog = await screen.findByRole("dialog", { name: "Konto: Jan Kowalski" });
    await user.click(within(dialog).getByRole("checkbox", { name: /Konto jest włączone/ }));
    await user.click(within(dialog).getByRole("button", { name: "Zapisz" }));
    expect(await within(dialog).findByText(/ostatni administrator/)).toBeVisible();
    const [sent] = gateway().asked("PATCH /api/v1/accounts/a-1");
    expect(sent?.headers.get("If-Match")).toBe('"3"');
    expect(sent?.body).toEqual({ name: "Jan Kowalski", role: "operator", enabled: false, camera_groups: null });
  });

  it("are renewed, with a fresh link", async () => {
    const { user } = openConsole(gateway(), "/accounts", "admin");
    withAccounts();
    gateway().json("POST /api/v1/accounts/a-1/reset", link);
    await user.click(await screen.findByRole("button", { name: "Odnów dostęp, Jan Kowalski" }));
    await user.click(await screen.findByRole("button", { name: "Odnów i pokaż link" }));
    expect(await screen.findByRole("dialog", { name: "Link dla: Jan Kowalski" })).toBeVisible();
  });
});

describe("one's own account", () => {
  it("changes the password, renews codes and shows sessions", async () => {
    const { user, container } = openConsole(gateway(), "/account", "operator");
    gateway().json("GET /api/v1/account/sessions", { items: [session] });
    gateway().json("GET /api/v1/account/passkeys", { items: [] });
    gateway().on("PUT /api/v1/account/password", () => problem(403, "password-wrong"));
    expect(await screen.findByText("Firefox, Windows")).toBeVisible();
    await expectAccessible(container);
    const form = screen.getByRole("form", { name: "Hasło" });
    await fill(user, within(form).getByLabelText("Obecne hasło"), "stare");
    await fill(user, within(form).getByLabelText("Nowe hasło"), "konie lubią siano");
    await fill(user, within(form).getByLabelText("Nowe hasło jeszcze raz"), "konie lubią siano");
    await user.click(within(form).getByRole("button", { name: "Zmień hasło" }));
    expect(await within(form).findByText("Obecne hasło się nie zgadza.")).toBeVisible();

    gateway().json("POST /api/v1/account/recovery-codes", { recovery_codes: ["AAAA-BBBB"] });
    await user.click(screen.getByRole("button", { name: "Nowe kody" }));
    const section = screen.getByRole("region", { name: "Kody zapasowe" });
    await fill(user, within(section).getByLabelText("Obecne hasło"), "stare");
    await user.click(within(section).getByRole("button", { name: "Nowe kody" }));
    expect(await screen.findByText("AAAA-BBBB")).toBeVisible();
    expect(gateway().asked("POST /api/v1/account/recovery-codes")[0]?.body).toEqual({ password: "stare" });
  });

  it("moves to another phone after its code was confirmed", async () => {
    const { user } = openConsole(gateway(), "/account", "operator");
    gateway().json("GET /api/v1/account/sessions", { items: [session] });
    gateway().json("GET /api/v1/account/passkeys", { items: [] });
    gateway().json("POST /api/v1/account/totp", { totp_secret: "ABCDEFGH", totp_uri: "otpauth://totp/x?secret=ABCDEFGH" });
    gateway().on("POST /api/v1/account/totp/confirmation", () => new Response(null, { status: 204 }));
    await user.click(await screen.findByRole("button", { name: "Dodaj na innym telefonie" }));
    const section = screen.getByRole("region", { name: "Aplikacja z kodami" });
    await fill(user, within(section).getByLabelText("Obecne hasło"), "stare");
    await user.click(within(section).getByRole("button", { name: "Pokaż kod QR" }));
    await fill(user, await within(section).findByLabelText("Kod jednorazowy"), "123 456");
    await user.click(within(section).getByRole("button", { name: "Potwierdź" }));
    await waitFor(() => expect(gateway().asked("POST /api/v1/account/totp/confirmation")[0]?.body).toEqual({ code: "123456" }));
    expect(await within(section).findByText("Od teraz działa aplikacja na nowym telefonie.")).toBeVisible();
  });

  it("names browsers in few words", () => {
    expect(browserWords("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36")).toBe("Chrome, Linux");
    expect(browserWords("curl/8")).toBe("curl/8");
  });
});
