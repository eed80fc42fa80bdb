import type { Fact, PipelineSpec } from "@millrace/core/internal";
import { type BenchCase, elapsedMs, type PreparedCase } from "../harness.ts";
import { type BenchDatabase, type BenchServer, onServer } from "../bench-server.ts";
import { expectStarts } from "./bulk-case.ts";
import { idOf, subscriberTo, subscriberToPattern } from "./subscriber-specs.ts";

const WATCHED = "watched";
const FEW = 100;
const EVALUATIONS = 20;

/** Evaluating an update must not cost more because of triggers that it does not match. */
export const registeredCase: BenchCase = {
  name: "triggers-registered",
  title: "Evaluating one update among many triggers that do not match it, against among few",
  ratioGoal: 1.5,
  prepare: (quick) =>
    onServer((server) => prepare(server, { many: quick ? 5_000 : 100_000, patterns: 0 })),
};

/** The same with patterns, which an index by name cannot find. */
export const patternsCase: BenchCase = {
  name: "triggers-patterns",
  title: "Evaluating one update among many triggers and patterns that do not match it, against few",
  ratioGoal: 1.5,
  prepare: (quick) =>
    onServer((server) => prepare(server, { many: quick ? 500 : 2_000, patterns: 100 })),
};

interface Crowd {
  /** Triggers on datasets of their own. */
  readonly many: number;
  /** Triggers on patterns, beside them. */
  readonly patterns: number;
}

async function prepare(server: BenchServer, { many, patterns }: Crowd): Promise<PreparedCase> {
  const few = await openSide(await server.database("few"), crowd(FEW, 0));
  const lots = await openSide(await server.database("lots"), crowd(many, patterns));
  const count = many.toLocaleString("en-US");
  const beside = patterns === 0 ? "" : ` and ${patterns} patterns`;
  return {
    load: `${count} triggers${beside} against ${FEW} triggers; ${EVALUATIONS} updates that match one trigger, one a call`,
    async before() {
      await few.record();
      await lots.record();
    },
    ours: () => lots.evaluate(),
    baseline: () => few.evaluate(),
    notes: () => [
      `cold, once: ${text(lots.coldMs)} with ${count}, ${text(few.coldMs)} with ${FEW} (a process loads all triggers before it first evaluates)`,
      `registering, once: ${text(lots.registerMs)} with ${count}, ${text(few.registerMs)} with ${FEW}`,
    ],
  };
}

function crowd(triggers: number, patterns: number): readonly PipelineSpec[] {
  const others = Array.from({ length: triggers }, (_, at) =>
    subscriberTo(`other-${at}`, [`other-${at}`]),
  );
  const globs = Array.from({ length: patterns }, (_, at) =>
    subscriberToPattern(`pattern-${at}`, `s3://lake-${at}/raw/*/data-*.csv`),
  );
  return [subscriberTo("consumer", [WATCHED]), ...others, ...globs];
}

interface Side {
  readonly registerMs: number;
  readonly coldMs: number;
  record(): Promise<void>;
  evaluate(): Promise<void>;
}

async function openSide(
  database: BenchDatabase,
  pipelines: readonly PipelineSpec[],
): Promise<Side> {
  const { store } = database;
  const registerMs = await elapsedMs(() => database.register({ name: "bench", pipelines }));
  await database.execute("vacuum analyze");
  const coldFacts = await database.record([idOf(WATCHED)]);
  const cold = database.coldStore();
  const coldMs = await elapsedMs(async () => expectStarts(await cold.evaluate(coldFacts), 1));
  let facts: readonly Fact[] = [];
  return {
    registerMs,
    coldMs,
    async record() {
      facts = await database.record(Array.from({ length: EVALUATIONS }, () => idOf(WATCHED)));
    },
    async evaluate() {
      for (const fact of facts) expectStarts(await store.evaluate([fact]), 1);
    },
  };
}

function text(ms: number): string {
  return `${Math.round(ms).toLocaleString("en-US")} ms`;
}
