import { type ReactNode, useId } from "react";

interface Option<Value extends string> {
  readonly value: Value;
  readonly label: ReactNode;
}

interface RadioChoiceProps<Value extends string> {
  readonly legend: string;
  readonly legendHidden?: boolean;
  readonly options: readonly Option<Value>[];
  readonly value: Value | null;
  readonly isInvalid?: boolean;
  readonly onChange: (value: Value) => void;
}

/** One of a few, all of them in sight. */
export function RadioChoice<Value extends string>({ legend, legendHidden = false, options, value, isInvalid = false, onChange }: RadioChoiceProps<Value>) {
  const name = useId();
  return (
    <fieldset className={isInvalid ? "choice choice-invalid" : "choice"}>
      <legend className={legendHidden ? "visually-hidden" : undefined}>{legend}</legend>
      <div className="choice-row">
        {options.map((option) => (
          <label key={option.value} className="choice-item">
            <input type="radio" name={name} value={option.value} checked={option.value === value} onChange={() => onChange(option.value)} />
            {option.label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface CheckChoiceProps<Value extends string> {
  readonly legend: string;
  readonly options: readonly Option<Value>[];
  readonly values: readonly Value[];
  readonly isInvalid?: boolean;
  readonly onChange: (values: readonly Value[]) => void;
}

/** Any of a few; the order of the options is kept. */
export function CheckChoice<Value extends string>({ legend, options, values, isInvalid = false, onChange }: CheckChoiceProps<Value>) {
  const toggled = (value: Value, on: boolean) => options.map((option) => option.value).filter((each) => (each === value ? on : values.includes(each)));
  return (
    <fieldset className={isInvalid ? "choice choice-invalid" : "choice"}>
      <legend>{legend}</legend>
      <div className="choice-row">
        {options.map((option) => (
          <label key={option.value} className="choice-item">
            <input type="checkbox" checked={values.includes(option.value)} onChange={(event) => onChange(toggled(option.value, event.target.checked))} />
            {option.label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
