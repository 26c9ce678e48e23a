import { describe, expect, it } from "vitest";
import { flatten, messageValues, missingPlurals } from "../testing/catalogues.ts";
import en from "./en.json";
import pl from "./pl.json";
import uk from "./uk.json";

const polish = flatten(pl);

describe.each([
  ["pl", pl],
  ["en", en],
  ["uk", uk],
] as const)("shared messages in %s", (language, catalogue) => {
  const messages = flatten(catalogue);

  it("has each message, with the same values", () => {
    expect([...messages.keys()]).toEqual([...polish.keys()]);
    for (const [key, message] of messages) {
      expect([key, messageValues(message, language)]).toEqual([key, messageValues(polish.get(key) ?? "", "pl")]);
    }
  });

  it("has every plural form of the language", () => {
    const lacking = [...messages].filter(([, message]) => missingPlurals(message, language).length);
    expect(lacking).toEqual([]);
  });
});
