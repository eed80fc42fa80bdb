import { openBenchServer, startBenchRedis } from "../bench-server.ts";
import { openCommits } from "../engine/commits.ts";
import { openRawJobs } from "../engine/raw-jobs.ts";
import type { Counted, CountCase } from "../harness.ts";
import { openFloor } from "../latency-floor.ts";
import { quantile } from "../timing.ts";
import { pgbenchText } from "./pgbench.ts";

/** What everything that is kept pays at least. */
export const commitFloor: CountCase = {
  name: "floors-commit",
  title: "One durable commit of one row, on a connection of its own",
  unit: "ms",
  goal: null,
  isQuick: true,
  count: countCommit,
};

async function countCommit(quick: boolean): Promise<Counted> {
  const server = await openBenchServer();
  try {
    const { url } = await server.database("floor");
    const commits = await openCommits(url);
    const tookMs = await times(quick ? 200 : 2_000, () => commits.make(1));
    await commits.close();
    return {
      value: quantile(tookMs, 0.5),
      load: `${tookMs.length.toLocaleString("en-US")} commits, one after the other; the median`,
      notes: [p99Text(tookMs), await pgbenchText(url, quick ? 2 : 10)],
    };
  } finally {
    await server.stop();
  }
}

/** What everything pays that another process does. */
export const hopFloor: CountCase = {
  name: "floors-hop",
  title: "From adding one job to BullMQ until a worker has it, while nothing else happens",
  unit: "ms",
  goal: null,
  isQuick: true,
  count: countHop,
};

async function countHop(quick: boolean): Promise<Counted> {
  const server = await openBenchServer();
  const redis = await startBenchRedis();
  try {
    const { url } = await server.database("floor");
    const floor = await openFloor({ databaseUrl: url, redisUrl: redis.url, commits: 0 });
    const tookMs = await times(quick ? 200 : 2_000, () => floor.turn());
    await floor.close();
    return {
      value: quantile(tookMs, 0.5),
      load: `${tookMs.length.toLocaleString("en-US")} jobs, one after the other; the median`,
      notes: [p99Text(tookMs)],
    };
  } finally {
    await redis.stop();
    await server.stop();
  }
}

/** The rate that the rates of tasks are compared with. */
export const bullmqFloor: CountCase = {
  name: "floors-bullmq",
  title: "A job of BullMQ that does nothing, among many",
  unit: "µs",
  goal: null,
  isQuick: true,
  count: countJobs,
};

async function countJobs(quick: boolean): Promise<Counted> {
  const jobs = quick ? 4_000 : 20_000;
  const redis = await startBenchRedis();
  const raw = openRawJobs(redis.url);
  try {
    const tookMs = await times(quick ? 3 : 5, async () => {
      await raw.lay(jobs);
      return raw.work();
    });
    const ms = quantile(tookMs, 0.5);
    const rate = Math.round((jobs / ms) * 1_000).toLocaleString("en-US");
    return {
      value: (ms / jobs) * 1_000,
      load: `${jobs.toLocaleString("en-US")} jobs, laid up beforehand; one process, a concurrency of 50; the median of ${tookMs.length}`,
      notes: [`${rate} jobs a second`],
    };
  } finally {
    await raw.close();
    await redis.stop();
  }
}

const WARM_UPS = 2;

async function times(count: number, turn: () => Promise<number>): Promise<readonly number[]> {
  const tookMs: number[] = [];
  for (let made = -WARM_UPS; made < count; made += 1) {
    const ms = await turn();
    if (made >= 0) tookMs.push(ms);
  }
  return tookMs;
}

function p99Text(tookMs: readonly number[]): string {
  return `p99 ${quantile(tookMs, 0.99).toFixed(2)} ms`;
}
