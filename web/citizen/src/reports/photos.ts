import { type DraftPhoto, MAX_PHOTO_MB, MAX_PHOTOS } from "./draft.ts";

export type PhotoFault = "many" | "type" | "large";

/** A chosen file that was not taken, and why. */
export interface RefusedPhoto {
  readonly name: string;
  readonly fault: PhotoFault;
}

/** Longest side after shrinking: a hole in the road is seen, a slow connection is spared. */
const LONGEST_PX = 2048;
const JPEG_QUALITY = 0.85;

function ascii(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

/** Whether these first bytes are of a kind the API takes; the name and type a file claims mean nothing. */
export function isPhoto(head: Uint8Array): boolean {
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return true; // JPEG
  if (ascii(head, 1, 4) === "PNG" && head[0] === 0x89) return true;
  if (ascii(head, 0, 4) === "RIFF" && ascii(head, 8, 12) === "WEBP") return true;
  return ascii(head, 4, 8) === "ftyp" && ["heic", "heix", "hevc", "mif1", "msf1", "heim", "heis"].includes(ascii(head, 8, 12));
}

/** A smaller JPEG without metadata; the file itself where the browser cannot read it (HEIC) or it would not get smaller. */
async function shrink(file: File): Promise<Blob> {
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return file;
  }
  try {
    const scale = Math.min(1, LONGEST_PX / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const context = canvas.getContext("2d");
    if (!context) return file;
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const smaller = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", JPEG_QUALITY));
    return smaller && smaller.size < file.size ? smaller : file;
  } finally {
    picture.close();
  }
}

/** Checks and shrinks chosen files; `present` photos count against the limit. */
export async function takePhotos(
  files: readonly File[],
  present: number,
): Promise<{ taken: DraftPhoto[]; refused: RefusedPhoto[] }> {
  const taken: DraftPhoto[] = [];
  const refused: RefusedPhoto[] = [];
  for (const file of files) {
    if (present + taken.length >= MAX_PHOTOS) {
      refused.push({ name: file.name, fault: "many" });
      continue;
    }
    if (!isPhoto(new Uint8Array(await file.slice(0, 16).arrayBuffer()))) {
      refused.push({ name: file.name, fault: "type" });
      continue;
    }
    const blob = await shrink(file);
    if (blob.size > MAX_PHOTO_MB * 1024 * 1024) refused.push({ name: file.name, fault: "large" });
    else taken.push({ id: crypto.randomUUID(), name: file.name, blob });
  }
  return { taken, refused };
}
