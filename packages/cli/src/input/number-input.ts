import { parseDurationMs } from "@millrace/core/internal";
import { inputInvalid } from "./input-invalid.ts";

/**
 * Milliseconds of a duration such as `90s` or `1h30m`.
 *
 * @throws {INPUT_INVALID} When it is none.
 */
export function durationMs(option: string, text: string): number {
  const ms = parseDurationMs(text);
  if (ms !== null) return ms;
  throw inputInvalid(option, [`${option} is ${text}; write a duration like 30s, 5m or 1h30m.`]);
}

/**
 * A whole number in its range.
 *
 * @throws {INPUT_INVALID} When it is none.
 */
export function wholeNumber(
  option: string,
  text: string,
  range: { readonly min: number; readonly max: number },
): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= range.min && value <= range.max) return value;
  throw inputInvalid(option, [
    `${option} is ${text}; write a whole number from ${range.min} to ${range.max}.`,
  ]);
}
