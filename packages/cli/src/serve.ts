import type { Retention } from "@millrace/core/internal";
import type { SourceProblem } from "@millrace/sensors";
import { type Roles, type Runtime, type Services, startRuntime } from "./compose.ts";
import { toWorkObserver } from "./dev/work-lines.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { specsOf } from "./project/check-projects.ts";
import { countsOf, countWords } from "./project/deployment-counts.ts";
import type { Project } from "./project/project.ts";
import { sourceProblemWords } from "./sources.ts";
import { takeStopSignals } from "./terminal/stop-signals.ts";
import type { Terminal } from "./terminal/terminal.ts";

export interface ServeOptions {
  readonly services: Services;
  readonly roles: Roles;
  /** How long what runs may go on after the first signal. */
  readonly graceMs: number;
  /** For how long history is kept; null: for ever. */
  readonly retention: Retention | null;
}

/**
 * Plays its roles until a signal comes: takes nothing new then, waits for what runs, hands the
 * rest back. A second signal ends the waiting.
 */
export async function serve(
  terminal: Terminal,
  project: Project,
  { services, roles, graceMs, retention }: ServeOptions,
): Promise<ExitCode> {
  const observe = toWorkObserver(terminal);
  const signals = takeStopSignals();
  try {
    const onProblem = (problem: SourceProblem): void =>
      observe({
        type: "problem",
        where: `source ${problem.source}`,
        error: sourceProblemWords(problem),
      });
    const runtime = await startRuntime(project, {
      services,
      roles,
      observe,
      onProblem,
      pruning: { retention },
    });
    announce(terminal, project, runtime);
    await signals.first;
    terminal.say("Stopping. A second signal ends the wait for what runs.");
    return await stopWithin(runtime, graceMs, signals.second);
  } finally {
    signals.release();
  }
}

async function stopWithin(
  runtime: Runtime,
  graceMs: number,
  hurry: Promise<void>,
): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  void hurry.then(() => {
    code = EXIT.interrupted;
    return runtime.stop({ graceMs: 0 });
  });
  await runtime.stop({ graceMs });
  return code;
}

function announce(terminal: Terminal, project: Project, { connections }: Runtime): void {
  const { postgres, redis } = connections;
  terminal.say(`${project.name}: ${countWords(countsOf(specsOf(project)))}`);
  terminal.say(`Connections of this process: Postgres at most ${postgres}, Redis ${redis}.`);
  terminal.say("Ready.");
}
