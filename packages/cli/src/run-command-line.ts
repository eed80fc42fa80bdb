import { InvariantError, MillraceError } from "@millrace/core/internal";
import { CommanderError } from "commander";
import { terminalOf } from "./command-context.ts";
import { EXIT, type ExitCode, exitCodeOf } from "./exit-code.ts";
import { toProgram } from "./program.ts";
import type { Terminal } from "./terminal/terminal.ts";

/**
 * Runs one command.
 *
 * @param args - What follows `millrace`.
 * @returns The exit code. Never rejects: what went wrong has been said by then.
 */
export async function runCommandLine(args: readonly string[]): Promise<ExitCode> {
  const outcome: { code: ExitCode } = { code: EXIT.ok };
  const program = toProgram((code) => (outcome.code = code));
  try {
    await program.parseAsync([...args], { from: "user" });
    return outcome.code;
  } catch (error) {
    // Help and versions that were asked for end in such an error too, with the code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const isAsked = (...flags: string[]): boolean => flags.some((flag) => args.includes(flag));
    report(error, terminalOf({ verbose: isAsked("--verbose"), color: !isAsked("--no-color") }));
    return exitCodeOf(error);
  }
}

function report(error: unknown, terminal: Terminal): void {
  const isExpected = MillraceError.is(error) || exitCodeOf(error) !== EXIT.unexpected;
  const text = error instanceof Error ? error.message || error.name : String(error);
  const sign = terminal.styledMessage("red", "✕");
  terminal.warn(`${sign} ${isExpected ? text : `Something unexpected went wrong: ${text}`}`);
  if (terminal.verbose && error instanceof Error) terminal.warn(error.stack ?? "");
  else if (!isExpected || error instanceof InvariantError) {
    terminal.warn("  Run it with --verbose to see where.");
  }
}
