import { type ManualStart, pipelineId, type PipelineSpec } from "@millrace/core/internal";
import type { Database, RunDetail, Store } from "@millrace/postgres";
import { type FollowUps, WORKER_DEFAULTS } from "@millrace/worker";
import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import { startRuntime } from "../compose.ts";
import { toWorkObserver } from "../dev/work-lines.ts";
import { EXIT, type ExitCode, exitCodeOfRun } from "../exit-code.ts";
import { checkedParams } from "../input/checked-input.ts";
import { durationMs } from "../input/number-input.ts";
import { collect, toRecord } from "../input/pairs.ts";
import { findName } from "../names/find-name.ts";
import { specsOf } from "../project/check-projects.ts";
import { loadProject } from "../project/load-project.ts";
import { type SchemasAtHand, schemasAtHand, toSchemas } from "../project/schemas-at-hand.ts";
import { sayHowItEnded } from "../run/say-how-it-ended.ts";
import { toDetailJson } from "../run/run-json.ts";
import { type Waited, waitForRun } from "../run/wait-for-run.ts";
import { takeStopSignals } from "../terminal/stop-signals.ts";
import { runName, shortName } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";

interface RunOptions {
  readonly param?: readonly string[];
  readonly partition?: readonly string[];
  readonly key?: string;
  readonly wait?: boolean;
  readonly timeout?: string;
  readonly file?: readonly string[];
}

export function runCommand(run: Runner): Command {
  return new Command("run")
    .description("start a run by hand")
    .argument("<pipeline>", "its name, or namespace/name")
    .option("--param <key=value>", "a parameter, as JSON or text (repeatable)", collect)
    .option("--partition <key=value>", "what the run is for (one for each key)", collect)
    .option("--key <text>", "starting twice with one key gives the same run")
    .option("--wait", "wait for its end; always so with the embedded database")
    .option("--timeout <duration>", "wait no longer, such as 90s or 10m; exit 6")
    .option("-f, --file <path>", "modules and folders of the project (repeatable)", collect)
    .addHelpText("after", "\nExit 10 when the run failed, 11 when it was cancelled.")
    .action((pipeline: string, options: RunOptions, command: Command) =>
      run(command, (context) => {
        const order = toOrder(pipeline, options);
        return "url" in context.services.database
          ? runOnServer(context, order)
          : runEmbedded(context, order);
      }),
    );
}

/** The command line, checked before anything is opened. */
interface Order {
  readonly pipeline: string;
  readonly params: Readonly<Record<string, string>>;
  readonly partition: Readonly<Record<string, string>>;
  readonly idempotencyKey: string | null;
  readonly isWaitedFor: boolean;
  readonly timeoutMs: number;
  readonly files: readonly string[];
}

function toOrder(pipeline: string, options: RunOptions): Order {
  const { timeout } = options;
  return {
    pipeline,
    params: toRecord("--param", options.param ?? []),
    partition: toRecord("--partition", options.partition ?? []),
    idempotencyKey: options.key ?? null,
    isWaitedFor: options.wait ?? timeout !== undefined,
    timeoutMs: timeout === undefined ? Infinity : durationMs("--timeout", timeout),
    files: options.file ?? [],
  };
}

/** What runs are started and watched through, on either kind of database. */
interface Engine {
  readonly store: Store;
  readonly database: Database;
  readonly followUps: FollowUps;
}

async function runOnServer(context: CommandContext, order: Order): Promise<ExitCode> {
  const schemas = await schemasAtHand(context, order.files);
  return withStore(context, async (open) => {
    const specs = (await open.store.listSpecs()).map(({ spec }) => spec);
    const runId = await start(open, await toStart(order, specs, schemas));
    context.terminal.print(runName(runId));
    if (order.isWaitedFor) return finish(context, await wait(context, open, runId, order));
    context.terminal.document({ id: runName(runId) });
    context.terminal.say(`Started. Look at it with: millrace show ${runName(runId)}`);
    return EXIT.ok;
  });
}

/** Nobody else can work on the embedded database: the worker is in this process. */
async function runEmbedded(context: CommandContext, order: Order): Promise<ExitCode> {
  const project = await loadProject(context.project(order.files));
  // Only what there is code for here would ever run.
  const toBegin = await toStart(order, specsOf(project), toSchemas(project));
  const runtime = await startRuntime(project, {
    services: context.services,
    roles: { slots: WORKER_DEFAULTS.slots, scheduler: true, sources: false },
    observe: toWorkObserver(context.terminal),
  });
  try {
    const runId = await start(runtime, toBegin);
    context.terminal.print(runName(runId));
    return finish(context, await wait(context, runtime, runId, order));
  } finally {
    await runtime.stop({ graceMs: 0 });
  }
}

async function toStart(
  order: Order,
  specs: readonly PipelineSpec[],
  schemas: SchemasAtHand,
): Promise<ManualStart> {
  const pipeline = findName("pipeline", order.pipeline, specs.map(pipelineId));
  const what = `params of ${shortName(pipeline)}`;
  return {
    pipeline,
    partition: order.partition,
    params: await checkedParams(what, schemas.ofParams(pipeline), order.params),
    idempotencyKey: order.idempotencyKey,
    correlationId: null,
  };
}

async function start({ store, followUps }: Engine, toBegin: ManualStart): Promise<number> {
  const { runId, ...afterwards } = await store.startRun(toBegin);
  followUps.follow(afterwards);
  return runId;
}

async function wait(
  { terminal }: CommandContext,
  { database }: Engine,
  runId: number,
  { timeoutMs }: Order,
): Promise<Waited> {
  const signals = takeStopSignals();
  const onState = ({ id, state }: RunDetail): void => terminal.say(`${runName(id)} ${state}`);
  try {
    return await waitForRun(database, runId, { timeoutMs, interrupted: signals.first, onState });
  } finally {
    signals.release();
  }
}

function finish({ terminal, services }: CommandContext, { why, run }: Waited): ExitCode {
  terminal.document(toDetailJson(run));
  sayHowItEnded(run, terminal);
  if (why === "ended") return exitCodeOfRun(run.state);
  const name = runName(run.id);
  const goesOn =
    "url" in services.database
      ? `${name} goes on. Cancel it with: millrace cancel ${name}`
      : `${name} goes on when \`millrace dev\` or another \`millrace run\` starts.`;
  terminal.warn(
    `${why === "timedOut" ? "It took too long to wait for." : "Interrupted."} ${goesOn}`,
  );
  return why === "timedOut" ? EXIT.timedOut : EXIT.interrupted;
}
