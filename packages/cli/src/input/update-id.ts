import { inputInvalid } from "./input-invalid.ts";

/**
 * The id of an update as commands print it: `update_12`, or the number alone.
 *
 * @throws {INPUT_INVALID} When it is neither.
 */
export function toUpdateId(text: string): number {
  const id = Number(/^(?:update_)?([1-9]\d{0,15})$/.exec(text)?.[1]);
  if (Number.isSafeInteger(id)) return id;
  throw inputInvalid("update", [
    `${text} is no update. Write it like update_12, as \`millrace update\` does.`,
  ]);
}
