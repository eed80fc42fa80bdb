import { type RawBuilder, sql } from "kysely";

/** Of updates `u` and `n`: the other is a newer one of the same partition. */
const isNewer = sql`n.dataset_id = u.dataset_id and n.partition = u.partition and n.id > u.id`;

/**
 * Of an update `u`: it was evaluated, no delivery names it, and it is neither the newest of its
 * partition nor the newest that counts for freshness. Once true it stays true, but for an update
 * in quarantine that somebody releases.
 */
export const isUnneeded: RawBuilder<boolean> = sql`(
  not exists (select from millrace.fact_pending p where p.kind = 'update' and p.id = u.id)
  and not exists (
    select from millrace.delivery d where d.fact_kind = 'update' and d.fact_id = u.id
  )
  and exists (select from millrace.update n where ${isNewer})
  and (
    u.kind <> 'changed' or (u.quarantined and u.released_at is null) or exists (
      select from millrace.update n where ${isNewer} and n.kind = 'changed'
        and (not n.quarantined or n.released_at is not null)
    )
  ))`;
