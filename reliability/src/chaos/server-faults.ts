import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import type { Fault } from "./fault.ts";
import { plain } from "./world.ts";

/** What happens to the servers themselves. */
export const SERVER_FAULTS: readonly Fault[] = [
  terminating("end backends", 3, 4),
  terminating("end all backends", 1, 1_000),
  {
    kind: "crash Postgres",
    weight: 0.6,
    inject({ postgres }) {
      return { what: "at once, and up again", healed: postgres.crash() };
    },
  },
  {
    kind: "flush Redis",
    weight: 3,
    inject({ redis }) {
      if (!redis.isWell) return null;
      return { what: "FLUSHALL", healed: redis.flush() };
    },
  },
  {
    kind: "restart Redis",
    weight: 1,
    inject({ redis }) {
      if (!redis.isWell) return null;
      return { what: "at once", healed: redis.stop().then(() => redis.restart()) };
    },
  },
  {
    kind: "stop Redis",
    weight: 1,
    inject({ redis }, chance) {
      if (!redis.isWell) return null;
      const ms = chance.between(2_000, 15_000);
      const away = redis.stop().then(() => sleep(ms));
      return { what: `for ${Math.round(ms)} ms`, healed: away.then(() => redis.restart()) };
    },
  },
  {
    kind: "hang Redis",
    weight: 1,
    inject({ redis }, chance) {
      if (!redis.isWell) return null;
      const ms = chance.between(1_000, 15_000);
      redis.hang();
      return { what: `for ${Math.round(ms)} ms`, healed: sleep(ms).then(() => redis.resume()) };
    },
  },
];

function terminating(kind: string, weight: number, max: number): Fault {
  return {
    kind,
    weight,
    inject({ direct }, chance) {
      const count = Math.ceil(chance.between(0, max));
      const ended = sql`
        select pg_terminate_backend(pid) from (
          select pid from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()
          order by random() limit ${count}
        ) some`.execute(plain(direct));
      // While Postgres is away there is nothing to end.
      return { what: `${count}`, healed: ended.catch(() => null) };
    },
  };
}
