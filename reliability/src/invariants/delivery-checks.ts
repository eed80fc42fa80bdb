import type { StateCheck } from "./state-check.ts";

/** What becomes of a fact at a trigger, for good, without a run. */
const ENDED_WITHOUT_RUN = `('filtered', 'partition_mismatch', 'quarantined', 'suppressed', 'dropped',
  'limit_reached', 'unchanged', 'superseded', 'trigger_changed', 'expired', 'evaluation_error',
  'dead_lettered')`;

const named = "format('%s %s at trigger %s', d.fact_kind, d.fact_id, d.trigger_id)";

/** The ledger: what became of each fact at each trigger. */
export const DELIVERY_CHECKS: readonly StateCheck[] = [
  {
    invariant: "I12",
    name: "what-waits-is-pending",
    of: "delivery",
    phase: "always",
    broken: (is) => `
      select format('%s waits, and is not pending in its group %s', ${named}, d.group_id),
        jsonb_build_object('delivery', d.id)
      from millrace.delivery d
      where ${is("d.id")} and d.disposition = 'waiting_for' and not exists (
        select from millrace.delivery_pending p where p.delivery_id = d.id
          and p.group_id = d.group_id and p.position = d.position and p.legs = d.legs
      )`,
  },
  {
    invariant: "I12",
    name: "what-is-pending-waits",
    of: "delivery",
    phase: "always",
    broken: (is) => `
      select format('delivery %s is pending in group %s, and is %s', p.delivery_id, p.group_id,
          coalesce(d.disposition, 'gone')), jsonb_build_object('delivery', p.delivery_id)
      from millrace.delivery_pending p left join millrace.delivery d on d.id = p.delivery_id
      where ${is("p.delivery_id")} and d.disposition is distinct from 'waiting_for'`,
  },
  {
    invariant: "I2",
    name: "consumed-by-a-run-of-its-trigger",
    of: "delivery",
    phase: "always",
    broken: (is) => `
      select format('%s is %s by run %s, which is of trigger %s', ${named}, d.disposition,
          coalesce(d.run_id::text, 'nobody'), coalesce(r.trigger_id::text, 'none')),
        jsonb_build_object('delivery', d.id, 'run', d.run_id)
      from millrace.delivery d left join millrace.run r on r.id = d.run_id
      where ${is("d.id")} and (
        (d.disposition in ('started', 'included')) <> (d.run_id is not null)
        or (r.id is not null and r.trigger_id is distinct from d.trigger_id)
      )`,
  },
  {
    invariant: "I28",
    name: "what-starts-nothing-says-why",
    of: "delivery",
    phase: "always",
    broken: (is) => `
      select format('%s is %s, without a reason', ${named}, d.disposition),
        jsonb_build_object('delivery', d.id)
      from millrace.delivery d
      where ${is("d.id")} and d.disposition not in ('started', 'included', 'waiting_for')
        and (d.disposition not in ${ENDED_WITHOUT_RUN} or d.reason is null)`,
  },
  {
    invariant: "I2",
    name: "once-in-each-group",
    of: "delivery",
    phase: "always",
    broken: (is) => `
      select format('%s has %s rows in one group', ${named}, count(*)),
        jsonb_build_object('deliveries', jsonb_agg(d.id))
      from millrace.delivery d
      where (d.fact_kind, d.fact_id) in (
        select n.fact_kind, n.fact_id from millrace.delivery n where ${is("n.id")}
      )
      group by d.trigger_id, d.fact_kind, d.fact_id, d.group_id having count(*) > 1`,
  },
  {
    invariant: "I2",
    name: "one-run-in-each-partition",
    of: "delivery",
    phase: "always",
    broken: (is) => `
      select format('%s started several runs of one partition', ${named}),
        jsonb_build_object('runs', jsonb_agg(d.run_id))
      from millrace.delivery d join millrace.trigger_group g on g.id = d.group_id
      where d.run_id is not null and (d.fact_kind, d.fact_id) in (
        select n.fact_kind, n.fact_id from millrace.delivery n where ${is("n.id")}
      )
      group by d.trigger_id, d.fact_kind, d.fact_id, g.partition, g.backfill_id
      having count(*) > 1`,
  },
  {
    invariant: "I21",
    name: "events-stay-in-their-namespace",
    of: "delivery",
    phase: "always",
    broken: (is) => `
      select format('%s: the event is for namespace %s, the trigger of %s', ${named}, e.namespace,
          p.namespace), jsonb_build_object('delivery', d.id)
      from millrace.delivery d join millrace.event e on d.fact_kind = 'event' and e.id = d.fact_id
      join millrace.trigger t on t.id = d.trigger_id
      join millrace.pipeline p on p.id = t.pipeline_id
      where ${is("d.id")} and e.namespace <> p.namespace`,
  },
  {
    invariant: "I12",
    name: "positions-are-behind-the-next",
    of: "trigger_group",
    phase: "always",
    broken: (is) => `
      select format('group %s gives position %s next, and has given %s', g.id, g.next_position,
          p.last), jsonb_build_object('group', g.id)
      from millrace.trigger_group g, lateral (
        select max(p.position) as last from millrace.delivery_pending p where p.group_id = g.id
      ) p
      where ${is("g.id")} and p.last >= g.next_position`,
  },
  {
    invariant: "I2",
    name: "one-group-for-each-partition",
    of: "trigger_group",
    phase: "always",
    broken: (is) => `
      select format('trigger %s has %s groups for %s', g.trigger_id, count(*), g.partition),
        jsonb_build_object('groups', jsonb_agg(g.id))
      from millrace.trigger_group g
      where g.trigger_id in (select n.trigger_id from millrace.trigger_group n where ${is("n.id")})
      group by g.trigger_id, g.partition, g.backfill_id having count(*) > 1`,
  },
  {
    invariant: "I1",
    name: "held-groups-have-no-room",
    of: "other",
    phase: "quiescent",
    broken: () => `
      select format('group %s is held at the limit of pipeline %s, which has room', h.group_id,
          p.name), jsonb_build_object('group', h.group_id)
      from millrace.group_held h join millrace.pipeline p on p.id = h.pipeline_id
      where coalesce(p.max_active_runs, 2147483647) >
          (select count(*) from millrace.run_active a where a.pipeline_id = p.id) +
          (select count(*) from millrace.run_queued q where q.pipeline_id = p.id)
        and exists (select from millrace.delivery_pending d where d.group_id = h.group_id)`,
  },
  {
    invariant: "I1",
    name: "nothing-awaits-evaluation",
    of: "other",
    phase: "quiescent",
    broken: () => `
      select format('%s %s awaits evaluation since %s', f.kind, f.id, f.since),
        jsonb_build_object('kind', f.kind, 'id', f.id)
      from (
        select kind, id, since from millrace.fact_pending
        union all select 'wake', id, since from millrace.wake
      ) f`,
  },
];
