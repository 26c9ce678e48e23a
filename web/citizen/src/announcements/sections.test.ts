import { describe, expect, it } from "vitest";
import { announcement, inHours } from "../testing.tsx";
import { sections } from "./use-announcements.ts";

describe("sections", () => {
  it("puts what matters most first, and shows a recent all-clear", () => {
    const items = [
      announcement({ id: "info", severity: "info" }),
      announcement({ id: "alarm", severity: "emergency" }),
      announcement({ id: "later", state: "upcoming", valid_from: inHours(30) }),
      announcement({ id: "soon", state: "upcoming", valid_from: inHours(3) }),
      announcement({ id: "clear", state: "cancelled", updated_at: inHours(-2) }),
      announcement({ id: "old clear", state: "cancelled", updated_at: inHours(-30) }),
      announcement({ id: "past", state: "past" }),
    ];
    const { now, soon, calledOff, before } = sections(items, new Date());
    expect(now.map(({ id }) => id)).toEqual(["alarm", "info"]);
    expect(soon.map(({ id }) => id)).toEqual(["soon", "later"]);
    expect(calledOff.map(({ id }) => id)).toEqual(["clear"]);
    expect(before.map(({ id }) => id)).toEqual(["old clear", "past"]);
  });
});
