import { inputInvalid } from "../input/input-invalid.ts";

/**
 * The id of a backfill as commands print it: `backfill_7`, or the number alone.
 *
 * @throws {INPUT_INVALID} When it is neither.
 */
export function toBackfillId(text: string): number {
  const id = Number(/^(?:backfill_)?([1-9]\d{0,15})$/.exec(text)?.[1]);
  if (Number.isSafeInteger(id)) return id;
  throw inputInvalid("backfill", [
    `${text} is no backfill. Write it like backfill_7, as \`millrace backfill ls\` does.`,
  ]);
}
