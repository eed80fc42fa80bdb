import { knownTraceparent } from "@millrace/core/internal";
import { inputInvalid } from "./input-invalid.ts";

/** Said of each command that begins a story. */
export const TRACE_OPTION = [
  "--traceparent <text>",
  "W3C trace that it belongs to (env: TRACEPARENT); else it begins one",
] as const;

/**
 * The trace that a command was given: by its option, or by whoever called it through the
 * environment, where what is broken counts as not there.
 *
 * @throws {INPUT_INVALID} When the option is no trace.
 */
export function givenTrace(
  option: string | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | null {
  if (option === undefined) return knownTraceparent(environment["TRACEPARENT"] ?? "");
  const known = knownTraceparent(option);
  if (known !== null) return known;
  throw inputInvalid("--traceparent", [
    "--traceparent is no W3C trace. Write it like " +
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.",
  ]);
}
