import { useEffect, useState } from "react";

/** The value once it has stood still for `ms`: arrow keys that pass over a tile do not switch its stream. */
export function useSettled<Value>(value: Value, ms: number): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
