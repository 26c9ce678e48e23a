import { describe, expect, it } from "vitest";
import { categoryBody, categoryFaults, type CategoryForm, formOf, freeCode, NEW_CATEGORY, NEW_QUESTION } from "./category-form.ts";

const words = (text: string) => ({ pl: text, en: text, uk: text });
const form = (change: Partial<CategoryForm> = {}): CategoryForm => ({ ...NEW_CATEGORY, names: words("Drogi"), ...change });

describe("a category of reports", () => {
  it("says all that is missing", () => {
    expect(categoryFaults(NEW_CATEGORY)).toEqual(["names"]);
    expect(categoryFaults(form())).toEqual([]);
    const half = { ...NEW_QUESTION, label: words("Ile?"), hint: { pl: "W metrach", en: "", uk: "" } };
    expect(categoryFaults(form({ questions: [half] }))).toEqual(["hints"]);
    expect(categoryFaults(form({ questions: [{ ...NEW_QUESTION, kind: "single", label: words("Które?") }] }))).toEqual(["choices"]);
    expect(categoryFaults(form({ routes: [{ label: "Południe", unit: "ZDM", ring: [{ lat: 51, lon: 21 }], area: null }], position: 0 }))).toEqual(["routes", "position"]);
  });

  it("keeps the codes of what there is and makes plain ones for what is new", () => {
    const question = { ...NEW_QUESTION, kind: "single" as const, label: words("Jak głęboka?") };
    const { questions } = categoryBody(form({ questions: [{ ...question, code: "depth", choices: [{ code: null, label: words("Łydka") }, { code: null, label: words("łydka!") }] }, { ...question, choices: [{ code: "a", label: words("A") }] }] }));
    expect(questions.map(({ code }) => code)).toEqual(["depth", "jak_gleboka"]);
    expect(questions[0]?.choices.map(({ code }) => code)).toEqual(["lydka", "lydka_2"]);
  });

  it("sends choices only with questions that have some, hints only when they are whole, rings closed", () => {
    const ring = [{ lat: 51, lon: 21 }, { lat: 51.1, lon: 21 }, { lat: 51, lon: 21.1 }];
    const body = categoryBody(form({ questions: [{ ...NEW_QUESTION, label: words("Ile?"), choices: [{ code: "a", label: words("A") }] }], routes: [{ label: " P ", unit: "ZDM", ring, area: null }] }));
    expect(body.questions[0]).toMatchObject({ choices: [], hint: null });
    expect(body.routes[0]).toEqual({ label: "P", unit: "ZDM", area: { kind: "polygon", ring: [...ring, ring[0]] } });
  });

  it("is the same after it was opened and nothing was changed", () => {
    const question = { code: "q", kind: "single" as const, label: words("Które?"), hint: null, required: true, choices: [{ code: "a", label: words("A") }] };
    const category = { code: "roads", names: words("Drogi"), unit: "ZDM", routes: [], anonymous_allowed: false, urgent: true, questions: [question], open311: "batch" as const, position: 7, archived: false, version: 3, open_reports: 2 };
    const { code, version, open_reports, ...body } = category;
    expect(categoryBody(formOf(category))).toEqual(body);
    expect([code, version, open_reports]).toEqual(["roads", 3, 2]);
  });

  it("makes codes of words without letters too", () => {
    expect(freeCode("№ 1", new Set(), "q")).toBe("q");
    expect(freeCode("24 h?", new Set(["h"]), "q")).toBe("h_2");
  });
});
