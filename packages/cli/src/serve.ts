import type { Retention } from "@millrace/core/internal";
import type { SourceProblem } from "@millrace/sensors";
import { takeStrayErrors } from "@millrace/worker";
import { type Roles, type Runtime, type Services, startRuntime } from "./compose.ts";
import { clockText } from "./dev/clock-text.ts";
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
 * rest back. A second signal ends the waiting. So does an error that nobody caught and no handler
 * has caused: what it believes may not be true any more, and what it runs counts as lost.
 */
export async function serve(
  terminal: Terminal,
  project: Project,
  { services, roles, graceMs, retention }: ServeOptions,
): Promise<ExitCode> {
  const observe = toWorkObserver(terminal);
  const signals = takeStopSignals();
  const stray = Promise.withResolvers<void>();
  const release = takeStrayErrors((error) => {
    observe({ type: "problem", where: "an error that nobody caught: it stops", error });
    stray.resolve();
  });
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
      onHealthChanged: (line) => terminal.say(`${clockText(new Date())} ${line}`),
      pruning: { retention },
    });
    announce(terminal, project, runtime);
    const isLost = await Promise.race([
      signals.first.then(() => false),
      stray.promise.then(() => true),
    ]);
    if (isLost) {
      await runtime.stop({ graceMs: 0, isBroken: true });
      return EXIT.unexpected;
    }
    terminal.say("Stopping. A second signal ends the wait for what runs.");
    return await stopWithin(runtime, graceMs, signals.second);
  } finally {
    release();
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
