import { type KeyboardEvent, use } from "react";
import { ComboBoxStateContext, Input, type InputProps, type Key } from "react-aria-components";

interface PickInputProps extends InputProps {
  /** The option that is meant by what was typed; null while there is none. It must be one of the list's. */
  readonly pick: (words: string) => Key | null;
}

/**
 * The input of a ComboBox in which Enter takes what was typed. By itself a ComboBox throws the words away while no option
 * is highlighted; here it takes the option that is meant, and keeps the words where there is none.
 */
export function PickInput({ pick, ...props }: PickInputProps) {
  const state = use(ComboBoxStateContext);
  const enter = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
    if (state === null || !state.isOpen || state.selectionManager.focusedKey !== null || state.inputValue.trim() === "") return;
    event.preventDefault();
    event.stopPropagation();
    const key = pick(state.inputValue);
    if (key !== null) state.selectionManager.select(key);
  };
  return <Input className="input" {...props} onKeyDownCapture={enter} />;
}

/** The option of that very name, else the first. */
export function namedOrFirst<Option>(options: readonly Option[], nameOf: (option: Option) => string, words: string): Option | undefined {
  const plain = (text: string) => text.trim().toLocaleLowerCase("pl");
  return options.find((option) => plain(nameOf(option)) === plain(words)) ?? options[0];
}
