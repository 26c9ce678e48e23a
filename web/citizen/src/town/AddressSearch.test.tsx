import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { axeViolations } from "@hejnal/shared/testing";
import { expect, it, vi } from "vitest";
import type { AddressHit } from "../api.ts";
import { renderPage } from "../testing.tsx";
import { AddressSearch } from "./AddressSearch.tsx";

function hit(label: string): AddressHit {
  return { kind: "address", label, street: "Rynek", number: "2", postcode: "27-990", district: "Stare Miasto", place: { lat: 51.05, lon: 20.95 } };
}

const HITS = [hit("Rynek 2"), hit("Rynek 22")];

it("is steered by the keyboard: type, arrow down, Enter", async () => {
  const user = userEvent.setup();
  const choose = vi.fn();
  const { container } = await renderPage(<AddressSearch onChoose={choose} />, { data: [[["addresses", "rynek"], HITS]] });
  const field = screen.getByRole("combobox", { name: "Ulica i numer albo znane miejsce" });
  await user.type(field, "rynek");
  await waitFor(() => expect(screen.getAllByRole("option", { name: /Rynek/ })).toHaveLength(2));
  expect(await axeViolations(container)).toEqual([]);
  await user.keyboard("{ArrowDown}{ArrowDown}");
  expect(field).toHaveAttribute("aria-activedescendant", screen.getByRole("option", { name: /Rynek 22/ }).id);
  await user.keyboard("{Enter}");
  expect(choose).toHaveBeenCalledWith(HITS[1]);
  expect(screen.queryByRole("option", { name: /Rynek/ })).toBeNull();
});

it("takes the best hit on Enter, and a tap on any", async () => {
  const user = userEvent.setup();
  const choose = vi.fn();
  await renderPage(<AddressSearch onChoose={choose} />, { data: [[["addresses", "rynek"], HITS]] });
  const field = screen.getByRole("combobox", { name: /Ulica/ });
  await user.type(field, "rynek");
  await screen.findAllByRole("option", { name: /Rynek/ });
  await user.keyboard("{Enter}");
  expect(choose).toHaveBeenLastCalledWith(HITS[0]);
  await user.type(field, "rynek");
  await user.click((await screen.findAllByRole("option", { name: /Rynek/ }))[1]!);
  expect(choose).toHaveBeenLastCalledWith(HITS[1]);
});

it("says when there is no such address", async () => {
  const user = userEvent.setup();
  await renderPage(<AddressSearch onChoose={vi.fn()} />, { data: [[["addresses", "xyz"], []]] });
  await user.type(screen.getByRole("combobox", { name: /Ulica/ }), "xyz");
  expect(await screen.findByText(/Nie ma takiego adresu/)).toBeVisible();
});
