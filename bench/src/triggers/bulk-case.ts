import type { Afterwards, Fact } from "@millrace/core/internal";
import { type BenchCase, elapsedMs, type PreparedCase } from "../harness.ts";
import { type BenchServer, onServer } from "../bench-server.ts";
import { idOf, subscriberTo } from "./subscriber-specs.ts";

const SHARED = "shared";

/** Deliveries and runs of one update with many triggers, against the same ones one by one. */
export const bulkCase: BenchCase = {
  name: "triggers-bulk",
  title: "One update that starts many runs, against as many updates that start one run each",
  ratioGoal: 0.1,
  isQuick: true,
  prepare: (quick) => onServer((server) => prepare(server, quick)),
};

async function prepare(server: BenchServer, quick: boolean): Promise<PreparedCase> {
  const subscribers = quick ? 1_000 : 10_000;
  const sample = quick ? 100 : 500;
  const names = Array.from({ length: subscribers }, (_, at) => `own-${at}`);
  const database = await server.database("bulk");
  await database.register({
    name: "bench",
    pipelines: names.map((name) => subscriberTo(name, [SHARED, name])),
  });
  let shared: readonly Fact[] = [];
  let own: readonly Fact[] = [];
  const sampled = names.slice(0, sample).map(idOf);
  return {
    load: `${subscribers.toLocaleString("en-US")} subscribers, one task each`,
    rounds: quick ? 3 : 9,
    async before() {
      shared = await database.record([idOf(SHARED)]);
      own = await database.record(sampled);
    },
    async ours() {
      expectStarts(await database.store.evaluate(shared), subscribers);
    },
    async baseline() {
      const sampleMs = await elapsedMs(async () => {
        for (const fact of own) expectStarts(await database.store.evaluate([fact]), 1);
      });
      return (sampleMs * subscribers) / sample;
    },
    notes: () => [
      `the baseline is measured on ${sample} updates, one a call, and multiplied by ${subscribers / sample}`,
    ],
  };
}

/** A bench that measures nothing must not pass for a fast one. */
export function expectStarts({ bells }: Afterwards, count: number): void {
  const started = bells.reduce((sum, { tasks }) => sum + tasks.length, 0);
  if (started !== count) throw new Error(`${count} tasks should be ready, and ${started} are`);
}
