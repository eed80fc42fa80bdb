import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createStore, migrate, openEmbedded } from "@millrace/postgres";
import { type BenchServer, onServer } from "../bench-server.ts";
import type { BenchCase, Counted, CountCase, PreparedCase } from "../harness.ts";
import { quantile } from "../timing.ts";
import { openFinishLoad } from "./finish-load.ts";

const BATCH = 50;

/** The database of a laptop, beside a server. */
export const embeddedCase: BenchCase = {
  name: "engine-embedded",
  title: "Recording the ends of tasks on the embedded database, against on a server",
  ratioGoal: 1 / 0.3,
  prepare: () => onServer(prepare),
};

async function prepare(server: BenchServer): Promise<PreparedCase> {
  const directory = mkdtempSync(path.join(tmpdir(), "millrace-bench-"));
  const embedded = await openEmbedded({ directory: path.join(directory, "data") });
  await migrate(embedded);
  const ours = await openFinishLoad(createStore(embedded));
  const theirs = await openFinishLoad((await server.database("server")).store);
  return {
    load: `${BATCH} ends of tasks in one commit; both keep what they commit in a directory`,
    async before() {
      await ours.lay(BATCH);
      await theirs.lay(BATCH);
    },
    ours: () => ours.finish(BATCH),
    baseline: () => theirs.finish(BATCH),
    async close() {
      await embedded.close();
      rmSync(directory, { recursive: true });
    },
  };
}

const REOPENED = 5;

/** What a command on a laptop waits for before it can do anything. */
export const reopenCase: CountCase = {
  name: "engine-embedded-reopen",
  title: "Until a directory that exists is open",
  unit: "ms",
  goal: { atMost: 1_000 },
  count: countReopen,
};

async function countReopen(): Promise<Counted> {
  const directory = mkdtempSync(path.join(tmpdir(), "millrace-bench-"));
  const data = path.join(directory, "data");
  try {
    const first = await openEmbedded({ directory: data });
    await migrate(first);
    await first.close();
    const tookMs: number[] = [];
    for (let opened = 0; opened < REOPENED; opened += 1) {
      const startMs = performance.now();
      const database = await openEmbedded({ directory: data });
      tookMs.push(performance.now() - startMs);
      await database.close();
    }
    const worst = Math.round(Math.max(...tookMs));
    return {
      value: quantile(tookMs, 0.5),
      load: `a migrated database without runs, opened ${REOPENED} times`,
      notes: [`the slowest took ${worst} ms`, "a time of the machine that the page names"],
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
