/**
 * Keeps React Aria from inserting its <style> element, which a strict content security policy refuses:
 * it looks for an element with this id first. The rule itself stands in components.css.
 */
export function suppressInlineStyles(): void {
  const marker = document.createElement("meta");
  marker.id = "react-aria-pressable-style";
  document.head.append(marker);
}
