import { answer } from "@hejnal/shared";
import { api, type PhotoPlace } from "../api.ts";

/** A photo's data stand at its beginning (EXIF 2.32 §4.5.4): enough for the place, and kind to a slow connection. */
const HEAD_BYTES = 256 * 1024;

async function isJpeg(file: Blob): Promise<boolean> {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  return first === 0xff && second === 0xd8;
}

/**
 * Where a photo says it was taken, if it says so and the place lies in the town; else null. The town reads it and throws the
 * photo away. Never throws: a photo without a place is none the worse.
 */
export async function placeOfPhoto(file: File): Promise<PhotoPlace | null> {
  try {
    const sent = (await isJpeg(file)) ? file.slice(0, HEAD_BYTES, "image/jpeg") : file;
    const body = new FormData();
    body.set("photo", sent, file.name);
    const found = await answer(api.POST("/api/v1/photo-places", { body: body as never, bodySerializer: (form) => form as never }));
    return found.place && found.inside_town ? found : null;
  } catch {
    return null;
  }
}
