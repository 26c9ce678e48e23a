import { describe, expect, it } from "vitest";
import { type PushMessage, readPushMessage } from "./push-message.ts";
import { newestOf } from "./shown-messages.ts";

function message(tag: string, version: number): PushMessage {
  return readPushMessage(JSON.stringify({ announcement_id: tag, tag, version, title: `v${version}` }), "https://hejnal.example");
}

describe("newestOf", () => {
  it("lets an update take the place of what was there, and ring", async () => {
    expect(await newestOf(message("a", 1), 1)).toMatchObject({ ring: true, message: { version: 1 } });
    expect(await newestOf(message("a", 2), 2)).toMatchObject({ ring: true, message: { version: 2 } });
  });

  it("keeps the newer word when an older one comes late, or the same one twice", async () => {
    await newestOf(message("b", 3), 1);
    expect(await newestOf(message("b", 2), 2)).toMatchObject({ ring: false, message: { version: 3, title: "v3" } });
    expect(await newestOf(message("b", 3), 3)).toMatchObject({ ring: false, message: { version: 3 } });
  });

  it("shows what has no version as it came", async () => {
    expect(await newestOf(message("", 0), 1)).toMatchObject({ ring: true });
    expect(await newestOf(message("", 0), 2)).toMatchObject({ ring: true });
  });

  it("remembers the last fifty announcements only", async () => {
    for (let number = 0; number < 60; number += 1) await newestOf(message(`c${number}`, 2), 100 + number);
    expect(await newestOf(message("c0", 1), 200)).toMatchObject({ ring: true, message: { version: 1 } });
    expect(await newestOf(message("c59", 1), 201)).toMatchObject({ ring: false, message: { version: 2 } });
  });
});
