import { describe, expect, it } from "vitest";
import { detailsErrors, type Draft, emptyDraft, isEmpty, looksLikeContact, MAX_TEXT } from "./draft.ts";
import { clearDraft, dequeue, enqueue, loadDraft, saveDraft, waitingReports } from "./draft-store.ts";

const whole: Draft = { ...emptyDraft(), category: "lighting", place: { lat: 51.05, lon: 20.95 }, text: "Latarnia nie świeci." };

describe("detailsErrors", () => {
  it("asks for words, and for a contact only where the town needs one", () => {
    expect(detailsErrors({ ...whole, text: "  " }, true)).toEqual(["textMissing", "contactMissing"]);
    expect(detailsErrors(whole, false)).toEqual([]);
  });

  it("names a text that is too long and a contact that is none", () => {
    expect(detailsErrors({ ...whole, text: "a".repeat(MAX_TEXT + 1), contact: "anna" }, false)).toEqual(["textLong", "contactWrong"]);
  });
});

describe("looksLikeContact", () => {
  it.each(["anna@example.pl", "600 100 200", "+48 600-100-200", "(41) 274 00 00 1"])("takes %s", (contact) => {
    expect(looksLikeContact(contact)).toBe(true);
  });
  it.each(["anna", "anna@", "12345", "600 abc 200"])("refuses %s", (contact) => {
    expect(looksLikeContact(contact)).toBe(false);
  });
});

describe("what is kept on the device", () => {
  it("brings a draft back with its photos, and forgets it", async () => {
    const photo = { id: "p", name: "p.jpg", blob: new Blob(["x"]) };
    await saveDraft({ ...whole, photos: [photo] });
    expect(await loadDraft()).toMatchObject({ key: whole.key, photos: [{ name: "p.jpg" }] });
    await clearDraft();
    expect(await loadDraft()).toBeUndefined();
  });

  it("queues in the order of their making", async () => {
    const second = { ...whole, key: "0-second" };
    await enqueue(whole, {}, new Date("2026-11-22T10:00:00Z"));
    await enqueue(second, {}, new Date("2026-11-22T11:00:00Z"));
    expect((await waitingReports()).map(({ draft }) => draft.key)).toEqual([whole.key, "0-second"]);
    await dequeue(whole.key);
    await dequeue("0-second");
    expect(await waitingReports()).toEqual([]);
  });

  it("knows an untouched draft", () => {
    expect(isEmpty(emptyDraft())).toBe(true);
    expect(isEmpty(whole)).toBe(false);
  });
});
