import {
  isPipeline,
  isRecord,
  type PartitionSchemes,
  PIPELINE,
  type RunEndAnswer,
  type RunMatch,
  type Wait,
} from "@millrace/core/internal";
import type { Durable } from "./durable.ts";
import { durationMs, misuse, nameIn, optionsOf, told } from "./wait-options.ts";

/** Waits for the end of a run: of one that is known, or of one of a pipeline. */
export async function waitForRun(
  durable: Durable,
  own: { readonly runId: number; readonly partitions: PartitionSchemes },
  which: unknown,
  given?: unknown,
): Promise<object> {
  const options = optionsOf("waitForRun()", given);
  const name = nameIn(options) ?? durable.ordinalName("run");
  const timeoutMs = durationMs("the timeout of waitForRun()", options["timeout"]);
  const wait = { ...whichRun(which, own.partitions), timeoutMs } as Wait;
  if (wait.kind === "run" && wait.runId === own.runId) {
    throw misuse(`waitForRun(${told(which)}) waits for its own run`, "it would never end");
  }
  return toRunEnd((await durable.wait(name, wait)) as unknown as RunEndAnswer);
}

/** How handlers see the end of a run. */
export function toRunEnd({ runId, state, result, reason }: RunEndAnswer): object {
  const run = runName(runId);
  switch (state) {
    case "succeeded":
      return { state, run, result };
    case "failed":
    case "cancelled":
      return { state, run, reason };
    case "timed_out":
    case "missing":
      return { state, run };
    case "started":
    case "refused":
      return { state: "missing", run };
  }
}

export function runName(runId: number | null): string | null {
  return runId === null ? null : `run_${runId}`;
}

type WhichRun =
  | { readonly kind: "run"; readonly runId: number }
  | Pick<Wait & { readonly kind: "pipeline" }, "kind" | "pipeline" | "match" | "waitForRun">;

function whichRun(which: unknown, partitions: PartitionSchemes): WhichRun {
  if (typeof which === "string") return { kind: "run", runId: runIdOf(which) };
  if (!isRecord(which) || !isPipeline(which["pipeline"])) {
    throw misuse(
      `waitForRun() was given ${told(which)}, which names no run`,
      'write "run_12", or { pipeline: daily, match: "latest" }',
    );
  }
  const { id, partitions: theirs } = which["pipeline"][PIPELINE];
  const match = toMatch(which["match"]) ?? defaultMatch(partitions, theirs);
  return { kind: "pipeline", pipeline: id, match, waitForRun: which["onMissing"] !== "answer" };
}

function runIdOf(text: string): number {
  const digits = /^run_(\d{1,15})$/.exec(text)?.[1];
  if (digits !== undefined) return Number(digits);
  throw misuse(`waitForRun(${told(text)}) names no run`, 'runs are called like "run_12"');
}

function toMatch(match: unknown): RunMatch | null {
  if (match === undefined) return null;
  if (match === "partition" || match === "latest") return { by: match };
  if (match === "logicalDate") return { by: "logical_date" };
  const withinMs = isRecord(match) ? durationMs("the window of match", match["within"]) : null;
  if (withinMs !== null) return { by: "window", withinMs };
  throw misuse(
    `match of waitForRun() is ${told(match)}`,
    'write "partition", "logicalDate", "latest" or { within: "2h" }',
  );
}

/** The run of the same partition, where both have the same keys; else the newest. */
function defaultMatch(ours: PartitionSchemes, theirs: PartitionSchemes): RunMatch {
  const keys = Object.keys(theirs).toSorted().join(" ");
  return { by: Object.keys(ours).toSorted().join(" ") === keys ? "partition" : "latest" };
}
