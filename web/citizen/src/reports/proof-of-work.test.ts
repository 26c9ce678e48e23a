import { describe, expect, it } from "vitest";
import { leadingZeroBits, solve } from "./proof-of-work.ts";

describe("proof of work", () => {
  it("counts the zero bits in front", () => {
    expect(leadingZeroBits(new Uint8Array([0, 0b0001_0000]))).toBe(11);
    expect(leadingZeroBits(new Uint8Array([0x80]))).toBe(0);
    expect(leadingZeroBits(new Uint8Array([0, 0]))).toBe(16);
  });

  it("finds a solution that its reader accepts", async () => {
    const solution = await solve("c2lnbmVk", 8);
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`c2lnbmVk:${solution}`));
    expect(new Uint8Array(digest)[0]).toBe(0);
  });
});
