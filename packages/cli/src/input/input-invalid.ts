import { MillraceError } from "@millrace/core/internal";

/** The error for what was typed and cannot be meant, in one sentence for each issue. */
export function inputInvalid(
  what: string,
  issues: readonly string[],
): MillraceError<"INPUT_INVALID"> {
  const text = issues.length === 1 ? issues[0] : issues.map((issue) => `- ${issue}`).join("\n");
  return new MillraceError("INPUT_INVALID", { what, issues }, text ?? `invalid ${what}`);
}
