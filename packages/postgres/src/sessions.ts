import type { OwnedAttempt, SessionStart } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "./database.ts";
import { checkSchema } from "./migrate.ts";
import { json } from "./records.ts";
import { transact } from "./transact.ts";

/**
 * Opens a session. A lease that cannot lapse means that this process is alone with its database:
 * whatever other session is there belonged to a process that has ended.
 */
export async function openSession(database: Database, session: SessionStart): Promise<void> {
  await checkSchema(database);
  await transact(database, "open a worker session", async (tx) => {
    if (session.leaseMs === null) {
      await sql`update millrace.worker set lease_until = '-infinity'`.execute(tx);
    }
    await sql`
      insert into millrace.worker (session_id, host, pid, slots, channels, build, cpu, memory_mb,
        lease_until)
      values (${session.sessionId}::uuid, ${session.host}, ${session.pid}, ${session.slots},
        ${json(session.channels)}, ${session.build ?? null},
        ${session.capacity?.cpu ?? null}, ${session.capacity?.memoryMb ?? null},
        coalesce(millrace.now() + ${session.leaseMs}::float8 * interval '1 millisecond', 'infinity'))
    `.execute(tx);
  });
}

export async function drainSession(database: Database, sessionId: string): Promise<void> {
  await sql`update millrace.worker set draining = true
    where session_id = ${sessionId}::uuid`.execute(database.db);
}

/** What it still runs is left to the sweeps. */
export async function closeSession(database: Database, sessionId: string): Promise<void> {
  await sql`delete from millrace.worker where session_id = ${sessionId}::uuid`.execute(database.db);
}

export async function listCancelled(
  database: Database,
  sessionId: string,
): Promise<readonly number[]> {
  const { rows } = await sql<{ task_run_id: number }>`
    select o.task_run_id from millrace.running o
    join millrace.run r on r.id = o.run_id
    join millrace.task_run t on t.id = o.task_run_id
    where o.session_id = ${sessionId}::uuid
      and coalesce(r.cancel_requested_at, t.cancel_requested_at) is not null`.execute(database.db);
  return rows.map((row) => row.task_run_id);
}

export async function listOwned(
  database: Database,
  sessionId: string,
): Promise<readonly OwnedAttempt[]> {
  const { rows } = await sql<{ task_run_id: number; run_id: number; attempt: number }>`
    select task_run_id, run_id, attempt from millrace.running
    where session_id = ${sessionId}::uuid`.execute(database.db);
  return rows.map((row) => ({
    taskRunId: row.task_run_id,
    runId: row.run_id,
    attempt: row.attempt,
  }));
}
