import { type ManualStart, pipelineId, type PipelineSpec } from "@millrace/core/internal";
import type { Database, RunDetail, Store } from "@millrace/postgres";
import type { FollowUps } from "@millrace/worker";
import type { CommandContext } from "../command-context.ts";
import { EXIT, type ExitCode, exitCodeOfRun } from "../exit-code.ts";
import { checkedParams } from "../input/checked-input.ts";
import { refuseUnknownParams } from "../input/known-params.ts";
import { findName } from "../names/find-name.ts";
import type { SchemasAtHand } from "../project/schemas-at-hand.ts";
import { takeStopSignals } from "../terminal/stop-signals.ts";
import { runName, shortName } from "../terminal/words.ts";
import { toDetailJson } from "./run-json.ts";
import type { Order } from "./run-order.ts";
import { sayHowItEnded } from "./say-how-it-ended.ts";
import { tellApprovals } from "./tell-approvals.ts";
import { tellWaits } from "./tell-waits.ts";
import { type Waited, waitForRun } from "./wait-for-run.ts";

/** What runs are started and watched through, on either kind of database. */
export interface Engine {
  readonly store: Store;
  readonly database: Database;
  readonly followUps: FollowUps;
}

/** What to start, checked against what is known of the pipeline. */
export async function toStart(
  order: Order,
  specs: readonly PipelineSpec[],
  schemas: SchemasAtHand,
): Promise<ManualStart> {
  const pipeline = findName("pipeline", order.pipeline, specs.map(pipelineId));
  const what = `params of ${shortName(pipeline)}`;
  const described = specs.find((spec) => pipelineId(spec) === pipeline)?.params ?? null;
  const schema = schemas.ofParams(pipeline);
  // A schema may offer no JSON Schema: only the code can tell that from having no schema.
  if (described !== null || (schemas.isAtHand(pipeline) && schema === null))
    refuseUnknownParams(shortName(pipeline), described, Object.keys(order.params));
  return {
    pipeline,
    partition: order.partition,
    params: await checkedParams(what, schema, order.params),
    idempotencyKey: order.idempotencyKey,
    correlationId: null,
    traceparent: order.traceparent,
  };
}

export async function start({ store, followUps }: Engine, toBegin: ManualStart): Promise<number> {
  const { runId, ...afterwards } = await store.startRun(toBegin);
  followUps.follow(afterwards);
  return runId;
}

/** Waits for the end of a run, for as long as the order says or until a signal. */
export async function wait(
  { terminal }: CommandContext,
  { database, store }: Engine,
  runId: number,
  { timeoutMs }: Order,
): Promise<Waited> {
  const signals = takeStopSignals();
  const onState = ({ id, state }: RunDetail): void => terminal.say(`${runName(id)} ${state}`);
  const askPeople = tellApprovals(store, terminal, database.kind === "embedded");
  const newWaits = tellWaits();
  const onLook = async (run: RunDetail): Promise<void> => {
    await askPeople(run);
    for (const line of newWaits(run, performance.now())) terminal.say(line);
  };
  const interrupted = signals.first;
  try {
    return await waitForRun(database, runId, { timeoutMs, interrupted, onState, onLook });
  } finally {
    signals.release();
  }
}

/** Says how it ended, and with which exit code. */
export function finish({ terminal, services }: CommandContext, { why, run }: Waited): ExitCode {
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
