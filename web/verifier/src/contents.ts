/** The files of a package by their relative names, from its zip or from the folder it was unpacked to. */
export type Contents = ReadonlyMap<string, Blob>;

/** What was given cannot be read as a package. */
export class NotAPackage extends Error {}

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const FAR = 0xffffffff;

/** Members of a zip that stores its files as they are (APPNOTE 6.3.10 §4.3), without reading them. */
export async function fromZip(zip: Blob): Promise<Contents> {
  const tail = await view(zip.slice(Math.max(0, zip.size - 66_000)));
  const at = lastIndexOf(tail, END);
  if (at < 0) throw new NotAPackage("zip");
  let count = tail.getUint16(at + 10, true);
  let size = tail.getUint32(at + 12, true);
  let start = tail.getUint32(at + 16, true);
  if (at >= 20 && tail.getUint32(at - 20, true) === LOCATOR_64) {
    const end = await view(slice(zip, Number(tail.getBigUint64(at - 12, true)), 56));
    if (end.getUint32(0, true) !== END_64) throw new NotAPackage("zip");
    count = Number(end.getBigUint64(32, true));
    size = Number(end.getBigUint64(40, true));
    start = Number(end.getBigUint64(48, true));
  }
  if (size > 64 * 1024 * 1024) throw new NotAPackage("zip");
  const directory = await view(slice(zip, start, size));
  const found = new Map<string, Blob>();
  for (let number = 0, from = 0; number < count; number += 1) {
    if (directory.getUint32(from, true) !== ENTRY) throw new NotAPackage("zip");
    const nameLength = directory.getUint16(from + 28, true);
    const extraLength = directory.getUint16(from + 30, true);
    const name = text(directory, from + 46, nameLength);
    const method = directory.getUint16(from + 10, true);
    const place = place64(directory, from, from + 46 + nameLength, extraLength);
    from += 46 + nameLength + extraLength + directory.getUint16(from + 32, true);
    if (name.endsWith("/")) continue;
    if (method !== 0 || found.has(name)) throw new NotAPackage("zip");
    const head = await view(slice(zip, place.offset, 30));
    if (head.getUint32(0, true) !== LOCAL) throw new NotAPackage("zip");
    const data = place.offset + 30 + head.getUint16(26, true) + head.getUint16(28, true);
    found.set(name, slice(zip, data, place.size));
  }
  return withoutCommonFolder(found);
}

/** Files that were chosen as a folder. */
export function fromFolder(files: Iterable<File>): Contents {
  const found = new Map<string, Blob>();
  for (const file of files) found.set(file.webkitRelativePath || file.name, file);
  return withoutCommonFolder(found);
}

function place64(directory: DataView, entry: number, extra: number, extraLength: number): { offset: number; size: number } {
  let size = directory.getUint32(entry + 24, true);
  let offset = directory.getUint32(entry + 42, true);
  const packed = directory.getUint32(entry + 20, true);
  for (let at = extra; at + 4 <= extra + extraLength; at += 4 + directory.getUint16(at + 2, true)) {
    if (directory.getUint16(at, true) !== 1) continue;
    let field = at + 4;
    if (size === FAR) size = Number(directory.getBigUint64((field += 8) - 8, true));
    if (packed === FAR) field += 8;
    if (offset === FAR) offset = Number(directory.getBigUint64(field, true));
  }
  return { offset, size };
}

function withoutCommonFolder(files: Map<string, Blob>): Contents {
  const heads = new Set([...files.keys()].map((name) => name.split("/", 1)[0]));
  const [head] = heads;
  const shared = heads.size === 1 && [...files.keys()].every((name) => name.includes("/")) ? `${head}/` : "";
  return new Map([...files].map(([name, blob]) => [name.slice(shared.length), blob]));
}

function slice(blob: Blob, from: number, size: number): Blob {
  if (from < 0 || from + size > blob.size) throw new NotAPackage("zip");
  return blob.slice(from, from + size);
}

async function view(blob: Blob): Promise<DataView> {
  return new DataView(await blob.arrayBuffer());
}

function text(data: DataView, from: number, length: number): string {
  return new TextDecoder().decode(new Uint8Array(data.buffer, data.byteOffset + from, length));
}

function lastIndexOf(data: DataView, signature: number): number {
  for (let at = data.byteLength - 22; at >= 0; at -= 1) if (data.getUint32(at, true) === signature) return at;
  return -1;
}
