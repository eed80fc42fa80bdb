import { present } from "@millrace/core/internal";
import { sql } from "kysely";
import { post } from "./flight.ts";
import { type MapLayout, measureMaps } from "./measure-maps.ts";
import { listsOf, type NewMap, taskOf } from "./new-map.ts";
import type { RunPlan } from "./run-plan.ts";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";

/**
 * Lays out mapped tasks: one parent row each, and the items of its list as rows of their own,
 * copied in the database in one statement. A task that cannot be laid out fails and says why.
 * Items that are there already, of the run that this one repeats, count as started and done.
 */
export async function layOutMaps(tx: Tx, plans: readonly RunPlan[]): Promise<void> {
  const maps = plans.flatMap((run) =>
    run.plan.expand.map((task): NewMap => {
      return { run, task, spec: present(run.version.graph.tasks[task]).spec };
    }),
  );
  if (maps.length === 0) return;
  const layouts = await measureMaps(tx, maps);
  const rows = layouts.map(toRow);
  const lists = layouts.flatMap(toLists);
  const given = layouts.flatMap(({ map, partitions }) =>
    partitions === null ? [] : [{ ...placeOf(map), items: partitions }],
  );
  const laidOut = sql`
    with x as materialized (
      select * from ${records(rows, `${PLACE}, total int, combines boolean, error jsonb`, "r")}
    ),
    kept as (
      select x.run_id, x.task, count(*) as done,
        count(*) filter (where c.state = 'skipped') as skipped,
        count(*) filter (where c.state not in ('succeeded', 'skipped')) as failed
      from x join millrace.task_run c
        on c.run_id = x.run_id and c.task = x.task and c.item between 0 and x.total - 1
      group by x.run_id, x.task
    ),
    p as (
      insert into millrace.task_run (run_id, task, state, reason, error, queued_at, ended_at,
        item_total, item_next, item_done, item_failed, item_skipped, item_todo)
      select x.run_id, x.task, case when x.error is null then 'waiting' else 'failed' end,
        x.error ->> 'reason', x.error, millrace.now(),
        case when x.error is not null then millrace.now() end, x.total,
        coalesce(k.done, 0), coalesce(k.done, 0), coalesce(k.failed, 0), coalesce(k.skipped, 0),
        case when k.done > 0 then array(
          select i from generate_series(0, x.total - 1) i
          where not exists (
            select from millrace.task_run c
            where c.run_id = x.run_id and c.task = x.task and c.item = i
          ) order by i
        ) end
      from x left join kept k using (run_id, task) order by x.run_id, x.task
      returning id, run_id, task
    ),
    part as materialized (
      select l.run_id, l.task, l.place, l.stride, l.length, (e.place - 1)::int as at, e.value
      from ${records(lists, `${PLACE}, place int, over_task smallint, path jsonb, stride int, length int`, "l")}
      join millrace.task_run u on u.run_id = l.run_id and u.task = l.over_task and u.item = -1
      join millrace.output o on o.task_run_id = u.id,
      jsonb_array_elements(o.value #> array(select jsonb_array_elements_text(l.path)))
        with ordinality e (value, place)
    )
    insert into millrace.map_item (task_run_id, item, value)
    select p.id, part.at, part.value from part join p using (run_id, task)
      join x using (run_id, task) where not x.combines
    union all
    select p.id, i, jsonb_agg(part.value order by part.place)
    from p join x using (run_id, task), generate_series(0, x.total - 1) i, part
    where x.combines and part.run_id = p.run_id and part.task = p.task
      and part.at = (i / part.stride) % part.length
    group by p.id, i
    union all
    select p.id, e.place - 1, e.value
    from ${records(given, `${PLACE}, items jsonb`, "g")} join p using (run_id, task),
      jsonb_array_elements(g.items) with ordinality e (value, place)`;
  await post(tx, laidOut);
}

const PLACE = "run_id bigint, task smallint";

function placeOf({ run, task }: NewMap): { readonly run_id: number; readonly task: number } {
  return { run_id: run.runId, task };
}

function toRow({ map, total, problem }: MapLayout): object {
  const error = { name: "Error", message: problem, stack: null, reason: "invalid_output" };
  const combines = map.spec.cross !== undefined;
  return { ...placeOf(map), total, combines, error: problem === null ? null : error };
}

/** Of each list, how many items in a row have the same of its parts: the last one changes fastest. */
function toLists({ map, problem, lengths }: MapLayout): object[] {
  if (problem !== null) return [];
  return listsOf(map.spec).map((ref, place) => {
    const stride = lengths.slice(place + 1).reduce((product, length) => product * length, 1);
    const over_task = taskOf(map, ref);
    return { ...placeOf(map), place, over_task, path: ref.path, stride, length: lengths[place] };
  });
}
