import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { plain, type World } from "./world.ts";
import { CALM } from "./faulty-gate.ts";

/** Makes whole whatever a fault has left broken. */
export async function healAll({ workers, driver, redis }: World): Promise<void> {
  for (const { gates } of [...workers, driver]) {
    gates.postgres.setWeather(CALM);
    gates.redis.setWeather(CALM);
  }
  for (const worker of workers) worker.thaw();
  redis.resume();
  await redis.restart();
}

export interface Unrest {
  readonly what: string;
  readonly count: number;
}

const LOOK_MS = 500;

/** Waits until nothing is left to be done. @returns What there still was after `ms`. */
export async function awaitRest(world: World, ms: number): Promise<readonly Unrest[]> {
  const until = Date.now() + ms;
  for (;;) {
    const unrest = await lookForUnrest(world).catch(() => null);
    if (unrest?.length === 0) return [];
    if (Date.now() > until) return unrest ?? [{ what: "Postgres does not answer", count: 1 }];
    await sleep(LOOK_MS);
  }
}

async function lookForUnrest({ direct }: World): Promise<readonly Unrest[]> {
  const { rows } = await sql<{ what: string; count: number }>`
    select what, count(*)::int as count from (
      select 'a run is ' || state as what from millrace.run where state in ('queued', 'running')
      union all select 'a fact is to be evaluated' from millrace.fact_pending
      union all select 'a wake is to be followed' from millrace.wake
      union all select 'a task run is ready' from millrace.ready
      union all select 'an attempt runs' from millrace.running
      union all select 'a run is queued' from millrace.run_queued
      union all select 'a task run waits for a limit' from millrace.limit_wait
      union all select 'a group is held' from millrace.group_held
      union all select 'a timer is set: ' || kind from millrace.timer
        where kind not in ('schedule', 'freshness', 'limit')
    ) unrest group by what order by what`.execute(plain(direct));
  return rows;
}
