import { nextTick, type ScheduleSpec } from "@millrace/core/internal";
import { type QueryExecutorProvider, sql } from "kysely";
import type { Violation } from "./violation.ts";

interface Fired {
  readonly id: number;
  readonly name: string;
  readonly spec: ScheduleSpec;
  readonly slots: readonly number[];
}

/**
 * Slots that schedules passed over which make up for each: between two that they took, and before
 * the one that is due next. Schedules that were edited, or that may be off, are left out: then a
 * gap is what was asked for.
 */
export async function missedSlots(db: QueryExecutorProvider): Promise<readonly Violation[]> {
  const { rows } = await sql<Fired>`
    select t.id, t.name, t.spec, array(
      select (extract(epoch from f.slot) * 1000)::float8 from (
        select slot from millrace.schedule_fire where trigger_id = t.id
        union all select i.slot from millrace.timer i
        where i.kind = 'schedule' and i.trigger_id = t.id and i.slot is not null
      ) f order by 1
    ) as slots
    from millrace.trigger t join millrace.pipeline p on p.id = t.pipeline_id
    where t.active and not t.paused and not p.paused and t.spec ->> 'type' = 'schedule'
      and t.spec ->> 'enabled' = 'true' and t.spec ->> 'catchup' = 'all'
      and not exists (
        select from millrace.pipeline_version v where v.pipeline_id = p.id
          and v.spec -> 'triggers' -> t.name is distinct from t.spec
      )
    order by t.id`.execute(db);
  return rows.flatMap(({ id, name, spec, slots }) =>
    slots.slice(1).flatMap((slot, place): Violation[] => {
      const before = slots[place] ?? slot;
      const due = nextTick(spec, before);
      if (due === null || due === slot) return [];
      const text = new Date(due).toISOString();
      const what = `schedule ${name} passed over its slot ${text}`;
      return [{ invariant: "I10", what, detail: { trigger: id, slot: text } }];
    }),
  );
}
