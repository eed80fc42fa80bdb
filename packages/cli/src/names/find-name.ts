import { MillraceError } from "@millrace/core/internal";
import { inputInvalid } from "../input/input-invalid.ts";
import { nearNames } from "./near-names.ts";

/**
 * The id that was meant: `namespace/name` in full, or a name alone, which is that of `default`
 * or else the only one of that name.
 *
 * @param what - `pipeline`, `dataset` or `event`.
 * @throws {NOT_FOUND} With names that are near, when there is none.
 * @throws {INPUT_INVALID} When several namespaces have the name and `default` does not.
 */
export function findName(what: string, typed: string, ids: readonly string[]): string {
  if (ids.includes(typed)) return typed;
  if (ids.includes(`default/${typed}`)) return `default/${typed}`;
  const same = ids.filter((id) => !typed.includes("/") && id.endsWith(`/${typed}`));
  const [only] = same;
  if (only !== undefined && same.length === 1) return only;
  if (same.length > 1) {
    throw inputInvalid(what, [
      `There are several ${what}s ${typed}: ${same.join(", ")}. Write the namespace as well.`,
    ]);
  }
  throw nameNotFound(what, typed, ids);
}

/** The error for a name that nothing answers to, with what may have been meant. */
export function nameNotFound(
  what: string,
  typed: string,
  ids: readonly string[],
): MillraceError<"NOT_FOUND"> {
  const near = nearNames(typed, ids);
  const mend =
    near.length > 0
      ? `Did you mean ${near.join(" or ")}?`
      : `${ids.length === 0 ? "None is registered" : "`millrace graph` lists what is there"}.`;
  return new MillraceError(
    "NOT_FOUND",
    { what, name: typed },
    `There is no ${what} ${typed}. ${mend}`,
  );
}
