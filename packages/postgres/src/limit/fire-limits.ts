import { sql } from "kysely";
import type { Work } from "../work.ts";

/** Limits whose time has come are looked at before the commit, like those that were freed. */
export async function fireLimits(
  { tx, log }: Work,
  timers: readonly { readonly id: number; readonly limit_id: number | null }[],
): Promise<void> {
  if (timers.length === 0) return;
  const spent = timers.map(({ id }) => id);
  await sql`delete from millrace.timer where id = any(${spent}::bigint[])`.execute(tx);
  log.freedLimits(timers.flatMap(({ limit_id }) => limit_id ?? []));
}
