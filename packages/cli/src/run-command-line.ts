import { MillraceError } from "@millrace/core/internal";
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
  const sign = terminal.styledMessage("red", "✕");
  terminal.warn(`${sign} ${describe(error)}`);
  if (terminal.verbose && error instanceof Error) terminal.warn(error.stack ?? "");
  else if (exitCodeOf(error) === EXIT.unexpected) {
    terminal.warn("  Run it with --verbose to see where.");
  }
}

/** What only the driver has words for gets what it is about, and the mend. */
function describe(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  if (MillraceError.is(error)) return text;
  const code = exitCodeOf(error);
  if (code === EXIT.notAuthorized) {
    return `The database refuses access: ${text}. Check the user and password in --database or MILLRACE_DATABASE_URL.`;
  }
  return code === EXIT.unreachable
    ? `The database cannot be reached: ${text}. Check --database or MILLRACE_DATABASE_URL.`
    : `Something unexpected went wrong: ${text}`;
}
