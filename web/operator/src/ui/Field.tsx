import type { ReactNode } from "react";
import { FieldError, Input, Label, Text, TextArea, TextField, type TextFieldProps } from "react-aria-components";

interface FieldProps extends Omit<TextFieldProps, "children" | "className"> {
  readonly label: string;
  readonly help?: ReactNode;
  /** What is wrong with it; shown, and tied to the field, only when given. */
  readonly fault?: string | undefined;
  readonly rows?: number;
  readonly placeholder?: string;
}

/** A line or a box of text with its name, its help and what is wrong with it. */
export function Field({ label, help, fault, rows, placeholder, ...rest }: FieldProps) {
  const hint = placeholder === undefined ? {} : { placeholder };
  return (
    <TextField {...rest} className="field" isInvalid={fault !== undefined}>
      <Label>{label}</Label>
      {rows === undefined ? <Input className="input" {...hint} /> : <TextArea className="input" rows={rows} {...hint} />}
      {help === undefined ? null : (
        <Text slot="description" className="field-help">
          {help}
        </Text>
      )}
      {fault === undefined ? null : <FieldError className="field-error">{fault}</FieldError>}
    </TextField>
  );
}

interface NumberFieldProps {
  readonly label: string;
  /** NaN: empty. */
  readonly value: number;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number | "any";
  readonly help?: string;
  readonly isInvalid?: boolean;
  readonly onChange: (value: number) => void;
}

/** A number with its unit in its name. */
export function NumberField({ label, value, help, isInvalid = false, onChange, ...limits }: NumberFieldProps) {
  return (
    <label className="field">
      <span>{label}</span>
      <input className="input input-number" type="number" {...limits} value={Number.isNaN(value) ? "" : value} aria-invalid={isInvalid} onChange={(event) => onChange(event.target.valueAsNumber)} />
      {help === undefined ? null : <span className="field-help">{help}</span>}
    </label>
  );
}

interface CheckProps {
  readonly checked: boolean;
  readonly label: string;
  readonly help?: ReactNode;
  readonly onChange: (on: boolean) => void;
}

/** Yes or no, with what a yes means. */
export function Check({ checked, label, help, onChange }: CheckProps) {
  return (
    <label className="check check-line">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      <span>
        {label}
        {help === undefined ? null : <span className="field-help cell-line">{help}</span>}
      </span>
    </label>
  );
}
