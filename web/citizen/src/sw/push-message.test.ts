import { describe, expect, it } from "vitest";
import { readPushMessage } from "./push-message.ts";

const ORIGIN = "https://hejnal.bugielsk.example";

describe("readPushMessage", () => {
  it("reads the notifier's payload; its tag makes an update replace the notice before it", () => {
    const payload = JSON.stringify({
      v: 1,
      kind: "updated",
      announcement_id: "a1",
      title: "Nie ma wody",
      body: "Do 19:00",
      url: `${ORIGIN}/komunikaty/a1`,
      tag: "topic",
      severity: "emergency",
      lang: "uk",
      version: 3,
      contact_id: "c1",
    });
    expect(readPushMessage(payload, ORIGIN)).toEqual({
      title: "Nie ma wody",
      body: "Do 19:00",
      tag: "topic",
      url: "/komunikaty/a1",
      language: "uk",
      urgent: true,
      announcementId: "a1",
      version: 3,
      contactId: "c1",
    });
  });

  it("opens no page of another site", () => {
    expect(readPushMessage(JSON.stringify({ title: "x", url: "https://evil.example/a" }), ORIGIN).url).toBe("/");
  });

  it("shows what it cannot read", () => {
    expect(readPushMessage("woda wróciła", ORIGIN)).toMatchObject({ title: "Hejnał", body: "woda wróciła", url: "/" });
    expect(readPushMessage("", ORIGIN)).toMatchObject({ title: "Hejnał", body: "" });
    expect(readPushMessage("[1]", ORIGIN).title).toBe("Hejnał");
  });
});
