import type { ReactNode } from "react";
import { FieldError, Input, Label, Text, TextArea, TextField, type TextFieldProps } from "react-aria-components";

interface FieldProps extends Omit<TextFieldProps, "children" | "className"> {
  readonly label: string;
  readonly hint?: string | undefined;
  /** What is wrong; the field is marked invalid while it is set. */
  readonly error?: string | undefined;
  readonly multiline?: boolean;
  readonly rows?: number;
  readonly placeholder?: string;
  readonly children?: ReactNode;
}

/** A text field whose label, hint and error belong together for everyone. */
export function Field({ label, hint, error, multiline = false, rows = 5, children, ...rest }: FieldProps) {
  return (
    <TextField {...rest} className="field" isInvalid={Boolean(error)} validationBehavior="aria">
      <Label>{label}</Label>
      {hint ? (
        <Text slot="description" className="hint">
          {hint}
        </Text>
      ) : null}
      <FieldError className="field-error">{error}</FieldError>
      {multiline ? <TextArea rows={rows} /> : <Input />}
      {children}
    </TextField>
  );
}
