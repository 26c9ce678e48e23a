import { describe, expect, it } from "vitest";
import type { Text } from "../api/town.ts";
import { languageWarnings } from "./language-warnings.ts";

const nothing: Text = { title: "", body: "", instruction: "", sms: "" };
const polish: Text = { title: "Nie ma wody do 16:00", body: "Pękła rura przy Rynku 4.", instruction: "", sms: "" };
const english: Text = { title: "No water until 16:00", body: "A pipe burst at Rynek 4.", instruction: "", sms: "" };

function warningsOf(text: Text, pl: Text = polish, withSms = false) {
  return languageWarnings({ pl, en: text, uk: { ...english, title: "Немає води до 16:00" } }, withSms).get("en") ?? [];
}

describe("warnings of languages", () => {
  it.each<[string, Text, Text, string[]]>([
    ["nothing written", nothing, polish, ["missing"]],
    ["a faithful text", english, polish, []],
    ["the Polish words", { ...english, body: polish.body }, polish, ["copied"]],
    ["another hour", { ...english, title: "No water until 18:00" }, polish, ["numbers"]],
    ["a lost house number", { ...english, body: "A pipe burst." }, polish, ["numbers"]],
    ["leading zeros do not count", { ...english, body: "At Rynek 04." }, polish, []],
    ["no word on what to do", english, { ...polish, instruction: "Zakręć zawór." }, ["instruction"]],
    ["a name alone may stay", { ...english, title: "Rynek 4 16:00", body: "x" }, { ...polish, title: "Rynek", body: "x 4 16 00" }, []],
  ])("%s", (_name, text, pl, found) => {
    expect(warningsOf(text, pl)).toEqual(found);
  });

  it("speak of SMS only when one is sent", () => {
    const pl = { ...polish, sms: "Nie ma wody do 16:00" };
    expect(warningsOf(english, pl)).toEqual([]);
    expect(warningsOf(english, pl, true)).toEqual(["sms"]);
  });

  it("are silent before anything is written in Polish", () => {
    expect(languageWarnings({ pl: nothing, en: nothing, uk: nothing }, true).size).toBe(0);
  });
});
