import {
  type CheckGroup,
  type DueCheck,
  type JsonValue,
  type Partition,
  type CheckWait,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import { records } from "../records.ts";
import { transact, type Tx } from "../transact.ts";
import { waitingTargets } from "./waiting-targets.ts";

/** One ask of a target holds no more than this in memory; the rest stays due. */
export const CHECKS_MAX = 10_000;
/** A target that nobody has asked for so long, and nobody waits for, is forgotten. */
const FORGET = sql`interval '1 hour'`;

/**
 * Takes targets of which something is due, each with all of its checks whose time has come or will
 * soon: what is asked together once has the same pace from then on. Only targets are locked, and
 * none is waited for; to take a target is to move its next time behind the lease.
 */
export function takeChecks(
  database: Database,
  limit: number,
  leaseMs: number,
): Promise<readonly CheckGroup[]> {
  return transact(database, "take checks", async (tx) => {
    const targets = await takeTargets(tx, limit, leaseMs);
    await forgetTargets(tx);
    if (targets.length === 0) return [];
    const checks = await loadChecks(tx, targets);
    const of = Map.groupBy(checks, ({ place }) => place);
    await giveBack(
      tx,
      targets.filter((_target, place) => !of.has(place)),
    );
    return targets.flatMap((each, place) => {
      const due = of.get(place) ?? [];
      const { kind, target, round, failures, now } = each;
      if (due.length === 0) return [];
      return [{ kind, target, round, failures, now: now.getTime(), checks: due.map(toDueCheck) }];
    });
  });
}

interface TargetRow {
  readonly kind: string;
  readonly target: string;
  readonly round: number;
  readonly failures: number;
  readonly now: Date;
}

async function takeTargets(tx: Tx, limit: number, leaseMs: number): Promise<readonly TargetRow[]> {
  // Whoever asks for a wait does not know of targets, so that many may at once: they begin here.
  const due = await sql<{ kind: string; target: string }>`
    with recursive ${waitingTargets}
    select w.kind, w.target from waiting w left join millrace.check_target t using (kind, target)
    where w.due_at <= (select millrace.now())
      and (t.kind is null or t.not_before <= (select millrace.now()))
    order by w.due_at, w.kind, w.target limit ${limit}`.execute(tx);
  if (due.rows.length === 0) return [];
  const wanted = records(due.rows, "kind text, target text");
  await sql`insert into millrace.check_target (kind, target, not_before)
    select kind, target, '-infinity' from ${wanted} order by kind, target
    on conflict do nothing`.execute(tx);
  const { rows } = await sql<TargetRow>`
    with free as materialized (
      select t.kind, t.target from millrace.check_target t join ${wanted} using (kind, target)
      where t.not_before <= (select millrace.now())
      order by t.kind, t.target for update of t skip locked
    )
    update millrace.check_target t
    -- Never a number again: a target that was forgotten begins no second count.
    set round = nextval('millrace.check_round'),
      not_before = millrace.now() + ${leaseMs} * interval '1 millisecond'
    from free f where t.kind = f.kind and t.target = f.target
    returning t.kind, t.target, t.round, t.failures, millrace.now() as now`.execute(tx);
  return rows;
}

/** Targets whose checks were closed meanwhile: what is asked of them next shall not wait. */
async function giveBack(tx: Tx, targets: readonly TargetRow[]): Promise<void> {
  if (targets.length === 0) return;
  const rows = targets.map(({ kind, target }) => ({ kind, target }));
  await sql`
    update millrace.check_target t set not_before = millrace.now()
    from ${records(rows, "kind text, target text")}
    where t.kind = x.kind and t.target = x.target`.execute(tx);
}

interface CheckRow {
  readonly place: number;
  readonly step_id: number;
  readonly wait: CheckWait;
  readonly state: JsonValue;
  readonly remembered: JsonValue;
  readonly since: Date;
  readonly run_id: number;
  readonly partition: string;
  readonly logical_at: Date | null;
}

async function loadChecks(tx: Tx, targets: readonly TargetRow[]): Promise<readonly CheckRow[]> {
  const places = targets.map(({ kind, target }, place) => ({ place, kind, target }));
  const { rows } = await sql<CheckRow>`
    select x.place, d.step_id, d.state, s.wait, s.since, s.run_id, r.partition, r.logical_at,
      case when s.wait -> 'check' ->> 'memory' is not null then ${rememberedOf} end as remembered
    from ${records(places, "place int, kind text, target text")}
    cross join lateral (
      select step_id, state, due_at from millrace.check_due
      where kind = x.kind and target = x.target and answer is null
        and due_at <= (select millrace.now()) + slack_ms * interval '1 millisecond'
      order by due_at limit ${CHECKS_MAX}
    ) d
    join millrace.step s on s.id = d.step_id and s.state = 'waiting'
    join millrace.run r on r.id = s.run_id
    order by x.place, d.due_at, d.step_id`.execute(tx);
  return rows;
}

/** What the task of a `step s` of a `run r` remembers under the name that its check says. */
const rememberedOf = sql`(
  select m.value from millrace.task_run t join millrace.pipeline_version v on v.id = r.version_id
  join millrace.check_memory m on m.pipeline_id = r.pipeline_id
    and m.task = v.spec -> 'tasks' -> t.task::int ->> 'name'
    and m.name = s.wait -> 'check' ->> 'memory'
  where t.id = s.task_run_id
)`;

function toDueCheck(row: CheckRow): DueCheck {
  return {
    stepId: row.step_id,
    wait: row.wait,
    state: row.state,
    remembered: row.remembered,
    waiter: {
      runId: row.run_id,
      partition: JSON.parse(row.partition) as Partition,
      logicalAt: row.logical_at?.getTime() ?? null,
      since: row.since.getTime(),
    },
  };
}

/** So many of those that nobody has asked for longest are looked at, so that it costs little. */
const FORGET_MAX = 100;

/** One that is asked for again meanwhile begins anew, as each did. */
async function forgetTargets(tx: Tx): Promise<void> {
  await sql`
    with idle as materialized (
      select kind, target from millrace.check_target
      where not_before < (select millrace.now()) - ${FORGET}
      order by not_before limit ${FORGET_MAX}
    ),
    unneeded as materialized (
      select t.kind, t.target from idle i join millrace.check_target t using (kind, target)
      where t.not_before < (select millrace.now()) - ${FORGET} and not exists (
        select from millrace.check_due d
        where d.kind = t.kind and d.target = t.target and d.answer is null
      )
      order by t.kind, t.target for update of t skip locked
    )
    delete from millrace.check_target t using unneeded u
    where t.kind = u.kind and t.target = u.target`.execute(tx);
}
