import { Digest, chunks } from "./hashing.ts";
import type { MediaEntry } from "./manifest.ts";
import type { Finding, Report } from "./report.ts";

interface Box {
  kind: string;
  from: number;
  size: number;
}

/** Compares a media file with its entry: the whole, the head, every fragment, with the seconds concerned. */
export async function checkMedia(report: Report, entry: MediaEntry, file: Blob, tick: (bytes: number) => void): Promise<void> {
  const found: Finding[] = [];
  const note = (code: Finding["code"], span: { from: string; to: string } = entry): void => {
    found.push({ code, file: entry.path, from: span.from, to: span.to });
  };
  const { boxes, broken } = await topBoxes(file);
  const whole = new Digest();
  const head = new Digest();
  const fragments: string[] = [];
  let fragment = new Digest();
  let open = false;
  let reached = 0;
  // Padding (`free`) belongs to what it follows: the recorder's hashes cover it.
  const close = (): void => {
    if (open) fragments.push(fragment.hex());
    open = false;
  };
  for (const box of boxes) {
    if (box.kind !== "free") close();
    if (box.kind === "moof") fragment = new Digest();
    for await (const chunk of chunks(file.slice(box.from, box.from + box.size))) {
      whole.add(chunk);
      if (box.kind === "moof" || box.kind === "mdat" || open) fragment.add(chunk);
      else if (box.kind === "ftyp" || box.kind === "moov" || (box.kind === "free" && fragments.length === 0)) head.add(chunk);
      tick(chunk.byteLength);
    }
    open ||= box.kind === "mdat";
    reached = box.from + box.size;
  }
  close();
  for await (const chunk of chunks(file.slice(reached))) whole.add(chunk);
  if (broken) note("boxes-broken");
  if (entry.fragments.length > 0) {
    if (head.hex() !== entry.init_sha256) note("head-changed");
    entry.fragments.forEach((listed, number) => {
      if (number >= fragments.length) note("fragment-missing", listed);
      else if (fragments[number] !== listed.sha256) note("fragment-changed", listed);
    });
    if (fragments.length > entry.fragments.length) note("fragment-added");
  }
  if (whole.hex() !== entry.sha256 || file.size !== entry.size_bytes) note("file-changed");
  report.files += 1;
  report.fragments += entry.fragments.length;
  report.findings.push(...found);
}

/** Top-level boxes of an ISO base media file (ISO/IEC 14496-12 §4.2). */
async function topBoxes(file: Blob): Promise<{ boxes: Box[]; broken: boolean }> {
  const boxes: Box[] = [];
  let at = 0;
  while (at < file.size) {
    const head = new DataView(await file.slice(at, at + 16).arrayBuffer());
    if (head.byteLength < 8) return { boxes, broken: true };
    let size = head.getUint32(0);
    const kind = String.fromCharCode(head.getUint8(4), head.getUint8(5), head.getUint8(6), head.getUint8(7));
    if (size === 1) size = head.byteLength === 16 ? Number(head.getBigUint64(8)) : 0;
    else if (size === 0) size = file.size - at;
    if (size < 8 || at + size > file.size) return { boxes, broken: true };
    boxes.push({ kind, from: at, size });
    at += size;
  }
  return { boxes, broken: false };
}
