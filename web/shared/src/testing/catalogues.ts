import { IntlMessageFormat } from "intl-messageformat";

interface Tree {
  readonly [key: string]: string | Tree;
}

/** Messages of a catalogue by their full key. */
export function flatten(tree: Tree, prefix = ""): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === "string") flat.set(prefix + key, value);
    else for (const [inner, message] of flatten(value, `${prefix}${key}.`)) flat.set(inner, message);
  }
  return flat;
}

type Ast = ReturnType<IntlMessageFormat["getAst"]>;

/** Node types of the parser: plain text, and the plural's own "#". */
const LITERAL = 0;
const POUND = 7;

function isPound(type: number): boolean {
  return type === POUND;
}

function collect(ast: Ast, found: Set<string>): Set<string> {
  for (const node of ast) {
    const { value, options } = node as { value?: unknown; options?: Record<string, { value: Ast }> };
    const type: number = node.type;
    if (type !== LITERAL && !isPound(type) && typeof value === "string") found.add(value);
    for (const option of Object.values(options ?? {})) collect(option.value, found);
  }
  return found;
}

/** Names of the values an ICU message asks for, sorted. @throws SyntaxError when it is not ICU */
export function messageValues(message: string, language: string): string[] {
  return [...collect(new IntlMessageFormat(message, language).getAst(), new Set())].sort();
}

/** Plural forms each language must have, by CLDR. */
const PLURALS: Readonly<Record<string, readonly string[]>> = { pl: ["one", "few", "many"], uk: ["one", "few", "many"], en: ["one"] };

/** Plural arguments of a message that lack a form of the language; `one` may stand for all in messages for exactly one. */
export function missingPlurals(message: string, language: string): string[] {
  const missing: string[] = [];
  const walk = (ast: Ast) => {
    for (const node of ast) {
      const { options, pluralType } = node as { options?: Record<string, { value: Ast }>; pluralType?: string };
      const counts = options && Object.values(options).some(({ value }) => value.some((part) => isPound(part.type)));
      if (pluralType === "cardinal" && counts) {
        for (const form of PLURALS[language] ?? []) if (!(form in options)) missing.push(form);
      }
      for (const option of Object.values(options ?? {})) walk(option.value);
    }
  };
  walk(new IntlMessageFormat(message, language).getAst());
  return missing;
}
