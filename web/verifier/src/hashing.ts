import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

const CHUNK_BYTES = 4 * 1024 * 1024;

/** SHA-256 (hex) over pieces that come one after the other. */
export class Digest {
  readonly #hash = sha256.create();

  add(data: Uint8Array): void {
    this.#hash.update(data);
  }

  hex(): string {
    return bytesToHex(this.#hash.digest());
  }
}

/** SHA-256 (hex) of a small piece. */
export async function digestOf(data: BufferSource): Promise<string> {
  return bytesToHex(new Uint8Array(await crypto.subtle.digest("SHA-256", data)));
}

/** SHA-256 (hex) of a file of any size. */
export async function digestOfBlob(blob: Blob): Promise<string> {
  const digest = new Digest();
  for await (const chunk of chunks(blob)) digest.add(chunk);
  return digest.hex();
}

/** A file in pieces that fit into memory. */
export async function* chunks(blob: Blob): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < blob.size; at += CHUNK_BYTES) {
    yield new Uint8Array(await blob.slice(at, at + CHUNK_BYTES).arrayBuffer());
  }
}
