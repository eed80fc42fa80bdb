import { setTimeout as sleep } from "node:timers/promises";
import type { PrunerSettings } from "@millrace/worker";
import { sql } from "kysely";
import { record } from "./record.ts";
import { type Rig, startRig } from "./rig.ts";
import { type Sample, takeSample } from "./sample.ts";
import { judgeSamples, type Verdict } from "./verdict.ts";

export interface SteadyResult {
  readonly minutes: number;
  readonly retentionS: number;
  readonly updates: number;
  readonly updatesPerS: number;
  readonly tasks: number;
  readonly verdict: Verdict;
  readonly samples: readonly Sample[];
}

/** A minute of history, in ranges so small that some are made and dropped in each. */
const RETENTION_MS = 60_000;
const PRUNING: Partial<PrunerSettings> = {
  retention: { historyMs: RETENTION_MS, keysMs: RETENTION_MS },
  limit: 2_000,
  rangeRowsMin: 2_000,
  intervalMs: 1_000,
  paceMs: 50,
};
const SAMPLES_PER_MINUTE = 6;
const SAMPLE_MS = 60_000 / SAMPLES_PER_MINUTE;

/** A steady load for some minutes: do tables stay bounded, and claims as quick? */
export async function soakSteadily(
  { minutes, rate }: { readonly minutes: number; readonly rate: number },
  tell: (sample: Sample) => void,
): Promise<SteadyResult> {
  const rig = await startRig({ workers: 2, slots: 10, pruning: PRUNING });
  try {
    await rig.startWorkers();
    await shrinkFirstRange(rig);
    const begun = performance.now();
    const load = startLoad(rig, rate);
    const samples: Sample[] = [];
    for (let count = 1; count <= minutes * SAMPLES_PER_MINUTE; count++) {
      await sleep(Math.max(0, begun + count * SAMPLE_MS - performance.now()));
      const atS = (performance.now() - begun) / 1_000;
      const sample = await takeSample(rig, atS, SAMPLE_MS / 1_000);
      samples.push(sample);
      tell(sample);
    }
    const updates = await load.stop();
    const seconds = (performance.now() - begun) / 1_000;
    return {
      minutes,
      retentionS: RETENTION_MS / 1_000,
      updates,
      updatesPerS: Math.round(updates / seconds),
      tasks: samples.reduce((sum, { claimed }) => sum + claimed, 0),
      verdict: judgeSamples(samples),
      samples,
    };
  } finally {
    await rig.stop();
  }
}

/** As if the first range, which a new database begins with, were used up. */
async function shrinkFirstRange(rig: Rig): Promise<void> {
  await sql`select setval('millrace.update_id_seq', 99000)`.execute(rig.database.db);
}

const BATCHES_PER_S = 10;

function startLoad(rig: Rig, rate: number): { stop(): Promise<number> } {
  let stopped = false;
  let updates = 0;
  const running = run();
  return {
    async stop() {
      stopped = true;
      await running;
      return updates;
    },
  };

  async function run(): Promise<void> {
    const begun = performance.now();
    for (let batch = 1; !stopped; batch++) {
      const count = Math.round((rate * batch) / BATCHES_PER_S) - updates;
      rig.followUps.follow(await record(rig.store, "raw", count));
      updates += count;
      await sleep(Math.max(0, begun + (batch * 1_000) / BATCHES_PER_S - performance.now()));
    }
  }
}
