import { answer } from "@hejnal/shared";
import { api } from "../api.ts";

const BATCH = 512;

/** How many bits are zero before the first one that is not. */
export function leadingZeroBits(digest: Uint8Array): number {
  let bits = 0;
  for (const byte of digest) {
    if (byte === 0) bits += 8;
    else return bits + Math.clz32(byte) - 24;
  }
  return bits;
}

/** A solution with which SHA-256 of `challenge:solution` begins with that many zero bits; the page stays alive meanwhile. */
export async function solve(challenge: string, bits: number): Promise<string> {
  const encoder = new TextEncoder();
  for (let first = 0; ; first += BATCH) {
    const tries = Array.from({ length: BATCH }, (_, index) => (first + index).toString(36));
    const digests = await Promise.all(tries.map((solution) => crypto.subtle.digest("SHA-256", encoder.encode(`${challenge}:${solution}`))));
    const found = digests.findIndex((digest) => leadingZeroBits(new Uint8Array(digest)) >= bits);
    if (found >= 0) return tries[found] ?? "";
  }
}

/** The value of `Proof-Of-Work` for one further report. @throws Problem */
export async function proveWork(): Promise<string> {
  const { challenge, bits } = await answer(api.GET("/api/v1/proof-of-work"));
  return `${challenge}:${await solve(challenge, bits)}`;
}
