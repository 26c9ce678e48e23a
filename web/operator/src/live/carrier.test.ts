import { describe, expect, it } from "vitest";
import { chooseCarrier } from "./carrier.ts";

const ways = (change: object) => ({ codec: "avc1.42c01e", mime: 'video/mp4; codecs="avc1.42c01e"', audio: null, masked: false, whep: true, mse: true, transcode: true, worker: "w", ...change });
const all = () => true;
const none = () => false;

describe("what carries a camera's picture", () => {
  it("is WebRTC for H.264, and for a camera of which nothing is known, without asking", () => {
    expect(chooseCarrier("avc1.640028", null, all)).toBe("whep");
    expect(chooseCarrier("", null, all)).toBe("whep");
  });

  it("is MSE for H.265 where the browser plays it, and the gateway's conversion where it does not", () => {
    expect(chooseCarrier("hvc1.1.6.L93.B0", null, all)).toBe("mse");
    expect(chooseCarrier("hvc1.1.6.L93.B0", null, none)).toBe("whep");
    expect(chooseCarrier("hvc1.1.6.L93.B0", ways({ codec: "hvc1.1.6.L93.B0", whep: false }), none)).toBe("whep");
  });

  it("is MSE for H.264 that WebRTC cannot carry as it comes (B-frames)", () => {
    expect(chooseCarrier("avc1.640028", ways({ whep: false }), all)).toBe("mse");
  });

  it("is what the gateway offers where it must mask the picture", () => {
    expect(chooseCarrier("hvc1.1.6.L93.B0", ways({ whep: false, mse: false }), all)).toBe("whep");
  });
});
