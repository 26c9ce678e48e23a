import { describe, expect, it } from "vitest";
import { answerError, answersToSend, type Question } from "./questions.ts";

function question(kind: Question["kind"], required = false): Question {
  return { code: kind, kind, required, label: { pl: "?", en: "?", uk: "?" }, hint: null, choices: [] };
}

describe("answerError", () => {
  it("asks for what is required only", () => {
    expect(answerError(question("string", true), "  ")).toBe("missing");
    expect(answerError(question("multiple", true), [])).toBe("missing");
    expect(answerError(question("string"), undefined)).toBeUndefined();
  });

  it("takes numbers as Poles write them, and dates that are dates", () => {
    expect(answerError(question("number"), "12,5")).toBeUndefined();
    expect(answerError(question("number"), "dużo")).toBe("number");
    expect(answerError(question("datetime"), "2026-11-22T14:30")).toBeUndefined();
    expect(answerError(question("datetime"), "wczoraj")).toBe("datetime");
    expect(answerError(question("string"), "x".repeat(201))).toBe("long");
  });
});

describe("answersToSend", () => {
  it("gives each answer its own type and leaves empty and foreign ones out", () => {
    const questions = [question("number"), question("datetime"), question("multiple"), question("text")];
    const answers = { number: "12,5", datetime: "2026-11-22T14:30", multiple: ["a", "b"], text: " ", other: "of another category" };
    expect(answersToSend(questions, answers)).toEqual({ number: 12.5, datetime: "2026-11-22T13:30:00.000Z", multiple: ["a", "b"] });
  });
});
