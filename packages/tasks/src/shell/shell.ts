import type { HelperContext } from "../helper-context.ts";
import { parseOutput } from "./parse-output.ts";
import { type Command, runCommand } from "./run-command.ts";
import type { ParsedBy, ShellOptions } from "./shell-options.ts";
import { scriptOf, type ShellValue, wordsOf } from "./shell-words.ts";

/** Runs the command that follows it as a template. */
export type ShellTag<T> = (texts: TemplateStringsArray, ...values: ShellValue[]) => Promise<T>;

export interface Shell {
  /**
   * Runs a command, given as a list of its name and its arguments. No shell reads it: an argument
   * may hold anything.
   */
  <const O extends ShellOptions = {}>(
    context: HelperContext,
    command: readonly string[],
    options?: O,
  ): Promise<ParsedBy<O>>;
  /**
   * The same for a command that follows as a template: ``shell(context)`git log ${ref}` ``. Its
   * text is split at spaces; an interpolated value is one argument, a list as many as it has.
   */
  <const O extends ShellOptions = {}>(context: HelperContext, options?: O): ShellTag<ParsedBy<O>>;
  /**
   * Runs a script with `/bin/sh`, ending at the first command that fails:
   * ``shell.script(context)`sort ${file} | uniq -c` ``. Interpolated values are parameters of the
   * script, never a part of its code; do not put quotes around them.
   */
  script<const O extends ShellOptions = {}>(
    context: HelperContext,
    options?: O,
  ): ShellTag<ParsedBy<O>>;
}

/**
 * Runs commands. Each line of their output goes to the task's log as it comes. When the attempt is
 * aborted, the command and all that it started are asked to end, and ended soon after.
 *
 * @throws {ShellError} When a command ends with another code than 0 (with its last lines), takes
 * longer than `timeout`, cannot be started, or writes what `parse` cannot read.
 */
export const shell: Shell = Object.assign(startShell, {
  script:
    (context: HelperContext, options: ShellOptions = {}) =>
    (texts: TemplateStringsArray, ...values: ShellValue[]) => {
      const { script, parameters } = scriptOf(texts, values);
      const args = ["-euc", script, "sh", ...parameters];
      return run(context, { name: "the script", file: "/bin/sh", args }, options);
    },
}) as Shell;

function startShell(
  context: HelperContext,
  first?: readonly string[] | ShellOptions,
  options: ShellOptions = {},
): unknown {
  if (isWords(first)) return run(context, commandOf(first), options);
  return (texts: TemplateStringsArray, ...values: ShellValue[]) =>
    run(context, commandOf(wordsOf(texts, values)), first ?? {});
}

function isWords(first: readonly string[] | ShellOptions | undefined): first is readonly string[] {
  return Array.isArray(first);
}

function commandOf([file, ...args]: readonly string[]): Command {
  if (file === undefined || file === "") throw new TypeError("shell: the command is empty");
  return { name: file, file, args };
}

async function run(
  context: HelperContext,
  command: Command,
  options: ShellOptions,
): Promise<unknown> {
  return parseOutput(command.name, await runCommand(context, command, options), options.parse);
}
