import { useLayoutEffect, useRef } from "react";

/** A handler that does not want the key returns false; the browser then does with it what it always does. */
export type Hotkeys = Readonly<Record<string, (event: KeyboardEvent) => boolean | undefined>>;

/**
 * Keys of the console, by `KeyboardEvent.key` (letters in lower case). They rest while somebody types, while a dialog
 * is open, and with Ctrl, Alt or Meta held; `Space` and `Enter` also rest on a control that takes them itself.
 */
export function useHotkeys(keys: Hotkeys, enabled = true): void {
  const current = useRef(keys);
  // Before the page is painted: what is seen can be pressed.
  useLayoutEffect(() => {
    current.current = keys;
  });
  useLayoutEffect(() => {
    if (!enabled) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
      if (isTaken(event)) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const run = current.current[key];
      if (run !== undefined && run(event) !== false) event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [enabled]);
}

function isTaken(event: KeyboardEvent): boolean {
  if (document.querySelector("[role=dialog][data-rac], [role=alertdialog]") !== null) return true;
  const target = event.target;
  if (!(target instanceof Element)) return false;
  if (target.closest("input:not([type=range]), textarea, select, [contenteditable=true], [role=listbox], [role=menu]") !== null) return true;
  const presses = event.key === " " || event.key === "Enter";
  if (presses) return target.closest("button, a[href], summary, [role=button], [role=option], [role=row][tabindex]") !== null;
  const arrows = event.key.startsWith("Arrow") || ["Home", "End", "PageUp", "PageDown"].includes(event.key);
  return arrows && target.closest("[role=slider], input[type=range], [role=radiogroup], [role=tablist], [role=toolbar]") !== null;
}
