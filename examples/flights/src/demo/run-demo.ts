import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { type Runtime, type RuntimeOptions, startRuntime, toProject } from "@millrace/cli";
import { write } from "../lake.ts";
import { type RunLine, startFollowing, type UpdateLine } from "./follow.ts";
import { countEvents, startLake } from "./lake-server.ts";
import type { DemoOptions } from "./options.ts";
import { copyOutputs } from "./outputs.ts";
import { cutRawFiles, type RawFile } from "./raw-files.ts";
import { mebibytes, type Screen } from "./screen.ts";
import { findServers } from "./servers.ts";
import { killInTheMiddle, startWorkers } from "./workers.ts";

/** What one start of the demo did. */
export interface DemoResult {
  readonly objects: readonly { readonly uri: string; readonly bytes: number }[];
  readonly updates: readonly UpdateLine[];
  readonly runs: readonly RunLine[];
  readonly outputs: readonly string[];
  readonly elapsedMs: number;
}

/** Long enough for the slowest machine. */
const MINUTES_MAX = 5;

/** Puts real files into a bucket, and lets the pipelines make of them what they declare. */
export async function runDemo(
  options: DemoOptions,
  screen: Screen,
  stopped: AbortSignal,
): Promise<DemoResult> {
  await using cleanup = new AsyncDisposableStack();
  const home = options.services ? path.join(options.data, "services") : options.data;
  if (options.reset) await rm(home, { recursive: true, force: true });

  const cutting = cutRawFiles(path.join(home, "raw"));
  cutting.catch(() => {}); // It is awaited below: what starts meanwhile must be stopped in order.
  const lake = await startLake(path.join(home, "s3"));
  cleanup.defer(() => lake.stop());
  screen.say(`  lake      s3://lake at ${lake.endpoint}, kept in ${path.join(home, "s3")}`);
  const start = options.services ? startOnServices : startEmbedded;
  const { runtime, assertKilled } = await start(options, screen, cleanup);

  const failure = new AbortController();
  const signal = AbortSignal.any([stopped, failure.signal, timeLimit(cleanup)]);
  let isAllPut = false;
  const follow = await startFollowing({
    database: runtime.database,
    screen,
    signal,
    isQuiet: () => isAllPut && countEvents(lake) === 0,
  });
  const files = await cutting;
  const putting = putFiles(files, screen, signal).then(
    () => (isAllPut = true),
    (error: unknown) => failure.abort(error),
  );
  const [story] = await Promise.all([follow(), putting]);
  assertKilled();
  const outputs = await copyOutputs(path.join(home, "out"));
  const objects = files.map(({ uri, bytes }) => ({ uri, bytes }));
  return { objects, ...story, outputs, elapsedMs: Math.round(screen.elapsedMs()) };
}

function timeLimit(cleanup: AsyncDisposableStack): AbortSignal {
  const limit = new AbortController();
  const error = new Error(`The pipelines are not done after ${MINUTES_MAX} minutes; giving up.`);
  const timer = setTimeout(() => limit.abort(error), MINUTES_MAX * 60_000);
  cleanup.defer(() => clearTimeout(timer));
  return limit.signal;
}

/** Writes the files into the bucket as anybody would. The bucket tells the queue of each. */
async function putFiles(
  files: readonly RawFile[],
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  for (const file of files) {
    signal.throwIfAborted();
    await write(file.uri, await readFile(file.path));
    screen.tell("object", file.uri.padEnd(38), mebibytes(file.bytes));
  }
}

interface Engine {
  readonly runtime: Runtime;
  /** @throws {Error} When a worker should have been killed and was not. */
  readonly assertKilled: () => void;
}

type StartEngine = (
  options: DemoOptions,
  screen: Screen,
  cleanup: AsyncDisposableStack,
) => Promise<Engine>;

/** Everything in this process: Postgres compiled to WebAssembly, a queue in memory, a worker. */
const startEmbedded: StartEngine = async ({ data }, screen, cleanup) => {
  const directory = path.join(data, "db");
  screen.say(`  database  PGlite in ${directory}`);
  const services = { database: { directory }, redisUrl: null };
  const roles = { slots: 4, scheduler: true, sources: true };
  return { runtime: await startPart({ services, roles }, screen, cleanup), assertKilled() {} };
};

/** The sources and the scheduler here, the work in two processes of its own. */
const startOnServices: StartEngine = async ({ kill }, screen, cleanup) => {
  const servers = await findServers(screen, cleanup);
  const services = { database: { url: servers.databaseUrl }, redisUrl: servers.redisUrl };
  const roles = { slots: 0, scheduler: true, sources: true };
  const runtime = await startPart({ services, roles }, screen, cleanup);
  const [first, second] = await startWorkers(servers, cleanup);
  screen.say(`  workers   processes ${first.child.pid} and ${second.child.pid}`);
  return { runtime, assertKilled: kill ? killInTheMiddle(first, screen) : () => {} };
};

async function startPart(
  options: Pick<RuntimeOptions, "services" | "roles">,
  screen: Screen,
  cleanup: AsyncDisposableStack,
): Promise<Runtime> {
  // Only now, because the source reads from the environment where its queue is.
  const modules = await Promise.all([import("../pipelines.ts"), import("../sources.ts")]);
  const runtime = await startRuntime(toProject({ name: "flights", modules }), {
    ...options,
    onProblem: ({ source, message }) => screen.tell("problem", source, "", "", message),
    observe: (event) => {
      if (event.type !== "problem") return;
      screen.tell("problem", event.where, "", "", String(event.error));
    },
  });
  cleanup.defer(() => runtime.stop({ graceMs: 5_000 }));
  return runtime;
}
