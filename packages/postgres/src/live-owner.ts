import { type RawBuilder, sql } from "kysely";

/** The session of an owner that may begin something: one whose lease holds, and that stays. */
export function liveOwner(sessionId: string | null): RawBuilder<unknown> {
  return sql`
    select session_id, build from millrace.worker where session_id = ${sessionId}::uuid
      and lease_until > millrace.now() and not draining`;
}
