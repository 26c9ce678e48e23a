import { parseDate, parseTime } from "@internationalized/date";
import { DateField, DateInput, DateSegment, Label, TimeField } from "react-aria-components";

interface DayFieldProps {
  readonly label: string;
  /** A day of the town as `2026-11-22`; empty for none. */
  readonly value: string;
  readonly isInvalid?: boolean;
  readonly onChange: (day: string) => void;
}

/** A day, written as the reader's language writes it; the browser's own field follows the browser's settings instead. */
export function DayField({ label, value, isInvalid = false, onChange }: DayFieldProps) {
  return (
    <DateField className="field" granularity="day" shouldForceLeadingZeros value={value === "" ? null : parseDate(value)} isInvalid={isInvalid} onChange={(day) => onChange(day === null ? "" : day.toString())}>
      <Label>{label}</Label>
      <DateInput className="input moment">{(segment) => <DateSegment className="moment-segment" segment={segment} />}</DateInput>
    </DateField>
  );
}

interface HourFieldProps {
  readonly label: string;
  /** `22:00` or `22:00:00`. */
  readonly value: string;
  readonly onChange: (time: string) => void;
}

/** A time of day with 24 hours. */
export function HourField({ label, value, onChange }: HourFieldProps) {
  return (
    <TimeField className="field" hourCycle={24} shouldForceLeadingZeros value={parseTime(value)} onChange={(time) => (time === null ? undefined : onChange(time.toString()))}>
      <Label>{label}</Label>
      <DateInput className="input moment">{(segment) => <DateSegment className="moment-segment" segment={segment} />}</DateInput>
    </TimeField>
  );
}
