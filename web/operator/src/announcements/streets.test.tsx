import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { withConsole } from "../testing/console.tsx";
import { TOWN } from "../testing/fake-gateway.ts";
import { AreaField } from "./AreaField.tsx";
import { emptyDraft } from "./draft.ts";

const { gateway } = withConsole();

describe("streets of an announcement", () => {
  it("are added by their names and Enter", async () => {
    gateway().json("GET /api/v1/town/streets", [
      { name: "Polna Górna", district: "", addresses: 3 },
      { name: "Polna", district: "", addresses: 9 },
    ]);
    const changed = vi.fn();
    const user = userEvent.setup({ delay: null });
    render(
      <QueryClientProvider client={new QueryClient()}>
        <AreaField draft={{ ...emptyDraft(Date.now()), area: "streets" }} wrong={[]} town={TOWN} onChange={changed} />
      </QueryClientProvider>,
    );
    const field = screen.getByRole("combobox");
    await user.type(field, "polna");
    await screen.findByRole("option", { name: /^Polna Górna/ });
    await user.keyboard("{Enter}");
    expect(changed).toHaveBeenCalledExactlyOnceWith({ streets: ["Polna"] });
    expect(field).toHaveValue("");
  });
});
