import { describe, expect, it } from "vitest";
import { isNews } from "./picture-progress.ts";

describe("isNews", () => {
  it("takes the next frame for news, at any frame rate up to 100", () => {
    expect(isNews(1_000, 1_000 + 3_600)).toBe(true);
    expect(isNews(1_000, 1_000 + 900)).toBe(true);
  });

  it("does not take a repeated picture for one, as seen from a stopped camera", () => {
    expect(isNews(1_894_920_846, 1_894_920_850)).toBe(false);
    expect(isNews(1_894_920_846, 1_894_920_854)).toBe(false);
    expect(isNews(1_894_920_846, 1_894_920_846)).toBe(false);
  });

  it("counts on over the end of 32 bits, and takes a new sequence for news", () => {
    expect(isNews(2 ** 32 - 1_000, 2_600)).toBe(true);
    expect(isNews(2 ** 32 - 1, 3)).toBe(false);
    expect(isNews(900_000, 100)).toBe(true);
  });

  it("trusts frames without stamps, and the first one", () => {
    expect(isNews(null, 5)).toBe(true);
    expect(isNews(5, undefined)).toBe(true);
  });
});
