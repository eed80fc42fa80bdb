import { ShellError } from "./shell-error.ts";
import type { ShellOptions, ShellOutput } from "./shell-options.ts";

/**
 * What `parse` asks for: see `ParsedBy`.
 *
 * @throws {ShellError} When it is not all there, or no JSON.
 */
export function parseOutput(
  name: string,
  output: ShellOutput,
  parse: ShellOptions["parse"],
): unknown {
  if (parse === undefined) return output;
  if (output.isCut) {
    throw new ShellError(
      `${name} wrote more than is kept, so its output cannot be read as ${parse}: ` +
        "raise outputBytesMax, or let it write to a file",
    );
  }
  const text = output.stdout.replace(/\r?\n$/, "");
  if (parse === "text") return text;
  if (parse === "lines") return text === "" ? [] : text.split(/\r?\n/);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ShellError(`what ${name} wrote is no JSON: ${why}`);
  }
}
