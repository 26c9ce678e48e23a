import { type MessageFormatElement, TYPE } from "@formatjs/icu-messageformat-parser";
import { IntlMessageFormat } from "intl-messageformat";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import en from "./en.json";
import pl from "./pl.json";
import uk from "./uk.json";

type Leaf = [path: string, message: string];

function leaves(value: object, path = ""): Leaf[] {
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]): Leaf[] => {
    const here = path === "" ? key : `${path}.${key}`;
    return typeof inner === "string" ? [[here, inner]] : leaves(inner as object, here);
  });
}

const catalogues = { pl, en, uk } as const;

/** Names of the values a message uses, in its sub-messages too. */
function values(message: string): string[] {
  const found = new Set<string>();
  const visit = (elements: readonly MessageFormatElement[]) => {
    for (const element of elements) {
      if (element.type !== TYPE.literal && element.type !== TYPE.pound) found.add(element.value);
      if (element.type === TYPE.plural || element.type === TYPE.select) Object.values(element.options).forEach((option) => visit(option.value));
    }
  };
  visit(new IntlMessageFormat(message).getAst());
  return [...found].sort();
}

describe.each(Object.entries(catalogues))("catalogue %s", (language, catalogue) => {
  it("has the keys of the Polish one, with the same values inside", () => {
    const polish = new Map(leaves(pl));
    const own = new Map(leaves(catalogue));
    expect([...own.keys()].sort()).toEqual([...polish.keys()].sort());
    for (const [path, message] of own) expect(values(message), path).toEqual(values(polish.get(path) ?? ""));
  });

  it("is well-formed ICU, and each plural knows all forms of its language", () => {
    const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const [path, message] of leaves(catalogue)) {
      expect(() => new IntlMessageFormat(message, language), path).not.toThrow();
      if (!message.includes(", plural,")) continue;
      for (const category of categories) expect(message, `${path}: ${category}`).toContain(`${category} {`);
    }
  });
});

describe("causes", () => {
  it("words every cause the services can give", () => {
    const contracts = join(import.meta.dirname, "../../../../libs/contracts/src/hejnal_contracts");
    const source = readdirSync(contracts)
      .filter((file) => file.endsWith(".py"))
      .map((file) => readFileSync(join(contracts, file), "utf8"))
      .join("\n");
    for (const name of ["FaultCause", "GapCause"]) {
      const block = new RegExp(`class ${name}\\(StrEnum\\):([\\s\\S]*?)\\n\\n\\n`).exec(source)?.[1] ?? "";
      const values = [...block.matchAll(/= "(\w+)"/g)].map((match) => match[1] ?? "");
      expect(values.length).toBeGreaterThan(8);
      for (const value of values) expect(pl.cause, `${name}.${value}`).toHaveProperty(value);
    }
  });
});
