import { parseDateTime } from "@internationalized/date";
import { DateField, DateInput, DateSegment, Label } from "react-aria-components";

interface MomentFieldProps {
  readonly label: string;
  readonly labelHidden?: boolean;
  /** Town time as `2026-11-22T12:03`; empty for none. */
  readonly value: string;
  readonly isInvalid?: boolean;
  readonly onChange: (value: string) => void;
}

/**
 * Day and minute in town time, written as the reader's language writes them and always with 24 hours; the browser's own
 * field follows the browser's settings instead. Each part is changed by digits or arrow keys.
 */
export function MomentField({ label, labelHidden = false, value, isInvalid = false, onChange }: MomentFieldProps) {
  return (
    <DateField
      className="field"
      granularity="minute"
      hourCycle={24}
      shouldForceLeadingZeros
      value={value === "" ? null : parseDateTime(value)}
      isInvalid={isInvalid}
      onChange={(moment) => onChange(moment === null ? "" : moment.toString().slice(0, 16))}
    >
      <Label className={labelHidden ? "visually-hidden" : undefined}>{label}</Label>
      <DateInput className="input moment">{(segment) => <DateSegment className="moment-segment" segment={segment} />}</DateInput>
    </DateField>
  );
}
