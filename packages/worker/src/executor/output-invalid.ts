import { MillraceError } from "@millrace/core/internal";

/** What a handler returned or announced cannot be stored: the attempt fails as `invalid_output`. */
export function outputInvalid(
  what: string,
  issues: readonly string[],
): MillraceError<"OUTPUT_INVALID"> {
  const message = `${what}: ${issues.join("; ")}`;
  return new MillraceError("OUTPUT_INVALID", { what, issues }, message);
}
