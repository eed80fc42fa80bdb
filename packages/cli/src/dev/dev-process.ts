import { type Observer, takeStrayErrors, WORKER_DEFAULTS } from "@millrace/worker";
import type { CommandContext } from "../command-context.ts";
import { migrateServices, type Runtime, startRuntime } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { specsOf } from "../project/check-projects.ts";
import { countsOf, countWords } from "../project/deployment-counts.ts";
import { findModules } from "../project/find-modules.ts";
import { loadProject } from "../project/load-project.ts";
import type { Project } from "../project/project.ts";
import { sourceProblemWords } from "../sources.ts";
import { clockText } from "./clock-text.ts";
import type { DevOrder, DevReport } from "./dev-message.ts";
import { type ActivityFollower, followActivity } from "./follow-activity.ts";
import { hookHint } from "./hook-hint.ts";
import { noteLoadedFiles } from "./loaded-files.ts";
import { toWorkObserver } from "./work-lines.ts";

/** Short: somebody has just saved a file and wants to see it run. What runs goes on afterwards. */
const GRACE_MS = 2_000;

/** Everything in one process, until the process that watches says to stop. */
export async function runDevProcess(
  context: CommandContext,
  files: readonly string[],
): Promise<ExitCode> {
  // The watching process hears the signals and passes them on; a terminal sends them to both.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});
  const orders = hearOrders();
  const { services, terminal } = context;
  const project = await load(context, files);
  if ("url" in services.database) await migrateServices(services);
  const watched: { follower: ActivityFollower | null } = { follower: null };
  const tell = toWorkObserver(terminal);
  const observe: Observer = (event) => {
    tell(event);
    watched.follower?.observe(event);
  };
  const stray = Promise.withResolvers<void>();
  let isLost = false;
  takeStrayErrors((error) => {
    observe({ type: "problem", where: "an error that nobody caught: it stops", error });
    isLost = true;
    stray.resolve();
  });
  const runtime = await startRuntime(project, {
    services,
    roles: { slots: WORKER_DEFAULTS.slots, scheduler: true, sources: true },
    observe,
    onProblem: (problem) =>
      observe({
        type: "problem",
        where: `source ${problem.source}`,
        error: sourceProblemWords(problem),
      }),
    onHealthChanged: (line) => terminal.say(`${clockText(new Date())} ${line}`),
  });
  const onProblem = (error: unknown): void => observe({ type: "problem", where: "show", error });
  watched.follower = await followActivity(runtime.database, terminal, onProblem);
  terminal.say(`  ✓ ${countWords(countsOf(specsOf(project)))}, watching for changes`);
  if (project.hooks.length > 0) terminal.say(`  ○ ${hookHint(project.hooks)}`);
  await Promise.race([orders.stop, stray.promise]);
  if (isLost) await runtime.stop({ graceMs: 0, isBroken: true });
  await stop(runtime, watched.follower, orders.hurry);
  return isLost ? EXIT.unexpected : EXIT.ok;
}

async function load(context: CommandContext, files: readonly string[]): Promise<Project> {
  const found = await findModules(files, context.directory);
  const loaded = noteLoadedFiles();
  let isLoaded = false;
  try {
    const project = await loadProject(context.project(files));
    isLoaded = true;
    return project;
  } finally {
    const report: DevReport = { type: "loaded", files: [...found, ...loaded], isLoaded };
    await send(report);
  }
}

async function stop(
  runtime: Runtime,
  follower: ActivityFollower,
  hurry: Promise<void>,
): Promise<void> {
  await follower.stop();
  void hurry.then(() => runtime.stop({ graceMs: 0 }));
  await runtime.stop({ graceMs: GRACE_MS });
}

function hearOrders(): { readonly stop: Promise<void>; readonly hurry: Promise<void> } {
  const stop = Promise.withResolvers<void>();
  const hurry = Promise.withResolvers<void>();
  process.on("message", (order: DevOrder) => {
    (order === "hurry" ? hurry : stop).resolve();
  });
  // Nobody is left who could say so.
  process.on("disconnect", () => stop.resolve());
  // Listening must not keep a process whose project could not be loaded.
  process.channel?.unref();
  return { stop: stop.promise, hurry: hurry.promise };
}

function send(report: DevReport): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(report, () => resolve());
  });
}
