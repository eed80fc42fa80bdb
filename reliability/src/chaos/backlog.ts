import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { plain, type World } from "./world.ts";

const LOOK_MS = 1_000;

/** Looks again and again at how many runs are under way. */
export function watchBacklog(
  { direct }: World,
  max: number,
): { readonly isFull: () => boolean; stop(): void } {
  let count = 0;
  let isOver = false;
  void watch();
  return { isFull: () => count >= max, stop: () => void (isOver = true) };

  async function watch(): Promise<void> {
    while (!isOver) {
      await look().catch(() => {}); // Postgres is away: it is as full as it was.
      await sleep(LOOK_MS);
    }
  }

  async function look(): Promise<void> {
    const { rows } = await sql<{ count: number }>`
      select ((select count(*) from millrace.run_active)
        + (select count(*) from millrace.run_queued))::int as count`.execute(plain(direct));
    count = rows[0]?.count ?? 0;
  }
}
