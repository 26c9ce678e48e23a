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
});
