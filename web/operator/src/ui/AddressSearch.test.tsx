import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import userEvent from "@testing-library/user-event";
import { withConsole } from "../testing/console.tsx";
import { AddressSearch } from "./AddressSearch.tsx";

const { gateway } = withConsole();

describe("searching an address", () => {
  it("closes its list once an address is chosen, even the very words that were typed, and lets go of the page", async () => {
    const hits = ["Rynek 2", "Rynek 20"].map((label) => ({ label, place: { lat: 51.05, lon: 20.95 }, district: "Stare Miasto", kind: "address", postcode: "" }));
    gateway().json("GET /api/v1/town/addresses", hits);
    const found = vi.fn();
    const user = userEvent.setup({ delay: null });
    render(
      <QueryClientProvider client={new QueryClient()}>
        <AddressSearch label="Adres" onFound={found} />
        <button type="button">Dalej</button>
      </QueryClientProvider>,
    );
    for (const [typed, label] of [
      ["Rynek 2", "Rynek 2"],
      ["Rynek", "Rynek 20"],
    ] as const) {
      await user.clear(screen.getByRole("combobox"));
      await user.type(screen.getByRole("combobox"), typed);
      await user.click(await screen.findByRole("option", { name: new RegExp(`^${label} `) }));
      expect(found).toHaveBeenLastCalledWith(expect.objectContaining({ label }));
      await waitFor(() => expect(screen.queryByRole("listbox")).toBeNull());
      expect(screen.getByRole("combobox")).toHaveValue(label);
      expect(screen.getByRole("button", { name: "Dalej", hidden: false })).toBeVisible();
    }
  });

  it("takes by Enter the very address that was typed, else the first, and keeps words that fit none", async () => {
    const hits = (...labels: string[]) => labels.map((label) => ({ label, place: { lat: 51.05, lon: 20.95 }, district: "Stare Miasto", kind: "address", postcode: "" }));
    gateway().on("GET /api/v1/town/addresses", (request) => {
      const q = new URL(request.url).searchParams.get("q");
      return Response.json(q === "rynek 2" ? hits("Rynek 20", "Rynek 2") : q === "Ryn" ? hits("Rynek 20", "Rynia 1") : []);
    });
    const found = vi.fn();
    const user = userEvent.setup({ delay: null });
    render(
      <QueryClientProvider client={new QueryClient()}>
        <AddressSearch label="Adres" onFound={found} />
      </QueryClientProvider>,
    );
    const field = screen.getByRole("combobox");
    for (const [typed, label, last] of [
      ["rynek 2", "Rynek 2", "Rynek 2"],
      ["Ryn", "Rynek 20", "Rynia 1"],
    ] as const) {
      await user.clear(field);
      await user.type(field, typed);
      await screen.findByRole("option", { name: new RegExp(`^${last} `) });
      await user.keyboard("{Enter}");
      expect(found).toHaveBeenLastCalledWith(expect.objectContaining({ label }));
      expect(field).toHaveValue(label);
    }
    await user.clear(field);
    await user.type(field, "Nieznana");
    await screen.findByText("Nie ma takiego adresu.");
    await user.keyboard("{Enter}");
    expect(field).toHaveValue("Nieznana");
    expect(found).toHaveBeenCalledTimes(2);
  });
});
