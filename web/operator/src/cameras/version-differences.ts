import type { CameraVersion } from "../api/registry.ts";

type State = CameraVersion["state"];

/** Parts of a registration in which two versions can differ, in the order of the form. */
export const PARTS = [
  "name",
  "address",
  "place",
  "view_cone",
  "groups",
  "purpose",
  "enabled",
  "public",
  "restricted",
  "streams",
  "has_credentials",
  "recording",
  "onvif",
  "privacy_masks",
] as const;
export type Part = (typeof PARTS)[number];

export interface Difference {
  readonly part: Part;
  readonly before: unknown;
  readonly after: unknown;
}

/** What changed from one version to the next; all that is set, for the first one. */
export function differences(before: State | null, after: State): readonly Difference[] {
  const value = (state: State | null, part: Part): unknown => (state === null ? undefined : (state as Readonly<Record<string, unknown>>)[part]);
  return PARTS.flatMap((part): Difference[] => {
    const [was, is] = [value(before, part), value(after, part)];
    return same(was, is) ? [] : [{ part, before: was, after: is }];
  });
}

/** Equal by content, whatever the order of keys; absent, null, "" and [] are all nothing. */
function same(a: unknown, b: unknown): boolean {
  if (nothing(a) && nothing(b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const [left, right] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((key) => same(left[key], right[key]));
}

const nothing = (value: unknown) => value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
