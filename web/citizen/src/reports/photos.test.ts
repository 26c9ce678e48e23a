import { describe, expect, it } from "vitest";
import { isPhoto, takePhotos } from "./photos.ts";

const JPEG = [0xff, 0xd8, 0xff, 0xe0];
const HEIC = [0, 0, 0, 0x18, ...new TextEncoder().encode("ftypheic")];

function file(name: string, bytes: readonly number[]): File {
  return new File([new Uint8Array(bytes)], name);
}

describe("isPhoto", () => {
  it.each([
    ["JPEG", JPEG],
    ["PNG", [0x89, 0x50, 0x4e, 0x47]],
    ["WebP", [...new TextEncoder().encode("RIFF1234WEBP")]],
    ["HEIC", HEIC],
  ])("knows %s by its first bytes", (_, bytes) => {
    expect(isPhoto(new Uint8Array(bytes))).toBe(true);
  });

  it("takes nothing else, whatever it is called", () => {
    expect(isPhoto(new TextEncoder().encode("this is not an image"))).toBe(false);
    expect(isPhoto(new Uint8Array())).toBe(false);
  });
});

describe("takePhotos", () => {
  it("names what it refuses", async () => {
    const { taken, refused } = await takePhotos([file("a.jpg", JPEG), file("virus.jpg", [0x4d, 0x5a])], 0);
    expect(taken.map(({ name }) => name)).toEqual(["a.jpg"]);
    expect(refused).toEqual([{ name: "virus.jpg", fault: "type" }]);
  });

  it("stops at six", async () => {
    const { taken, refused } = await takePhotos([file("a.jpg", JPEG), file("b.heic", HEIC)], 5);
    expect(taken).toHaveLength(1);
    expect(refused).toEqual([{ name: "b.heic", fault: "many" }]);
  });
});
