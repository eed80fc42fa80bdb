import { inputInvalid } from "./input-invalid.ts";

/**
 * The id of a run as commands print it: `run_12`, or the number alone.
 *
 * @throws {INPUT_INVALID} When it is neither.
 */
export function toRunId(text: string): number {
  const id = Number(/^(?:run_)?([1-9]\d{0,15})$/.exec(text)?.[1]);
  if (Number.isSafeInteger(id)) return id;
  throw inputInvalid("run", [
    `${text} is no run. Write it like run_12, as \`millrace runs\` does.`,
  ]);
}

/** True of `run_12`, which stands for a run wherever a pipeline could be named as well. */
export function isRunName(text: string): boolean {
  return /^run_[1-9]\d{0,15}$/.test(text);
}
