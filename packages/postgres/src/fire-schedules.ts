import {
  dueSlots,
  jitterOf,
  type Instant,
  intervalPartition,
  partitionValueProblem,
  previousTick,
  type ScheduleSpec,
} from "@millrace/core/internal";
import { sql } from "kysely";
import { insertRuns, type NewRun } from "./insert-runs.ts";
import { records } from "./records.ts";
import { measureRoom, replaceRuns } from "./room.ts";
import type { TimerRow } from "./timers.ts";
import type { LoadedVersion } from "./version-cache.ts";
import type { Work } from "./work.ts";

interface ScheduleRow {
  readonly trigger_id: number;
  readonly name: string;
  readonly spec: ScheduleSpec;
  readonly version_id: number | null;
  readonly paused: boolean;
}

/** A timer set for its next tick; jitter makes it due somewhat later. */
interface Rearmed {
  readonly id: number;
  readonly due_ms: Instant;
  readonly slot_ms: Instant;
}

/** Starts the due slots of schedules, and sets each for its next. */
export async function fireSchedules(work: Work, timers: readonly TimerRow[]): Promise<void> {
  const { tx, versions } = work;
  if (timers.length === 0) return;
  const ids = timers.map(({ trigger_id }) => trigger_id);
  const { rows } = await sql<ScheduleRow>`
    select t.id as trigger_id, t.name, t.spec, p.version_id, p.paused or t.paused as paused
    from millrace.trigger t join millrace.pipeline p on p.id = t.pipeline_id
    where t.id = any(${ids}::bigint[]) and t.active`.execute(tx);
  const schedules = new Map(rows.map((row) => [row.trigger_id, row]));
  const versionIds = rows.flatMap(({ version_id }) => (version_id === null ? [] : [version_id]));
  const version = await versions.load(tx, versionIds);
  const rearmed: Rearmed[] = [];
  const spent: number[] = [];
  const fires: SlotFire[] = [];
  for (const timer of timers) {
    const schedule = timer.trigger_id === null ? undefined : schedules.get(timer.trigger_id);
    if (schedule === undefined || schedule.version_id === null) {
      spent.push(timer.id);
      continue;
    }
    const due = (timer.slot ?? timer.due_at).getTime();
    const { slots, next } = dueSlots(schedule.spec, due, timer.now.getTime());
    const loaded = version(schedule.version_id);
    if (schedule.spec.enabled && !schedule.paused) {
      const runs = slots.map((slot) => ({ slot, run: scheduledRun(schedule, loaded, slot) }));
      fires.push(...runs.filter(({ run }) => hasPartition(loaded, run)));
    }
    if (next === null) spent.push(timer.id);
    else {
      const delay = jitterOf(schedule.spec, schedule.trigger_id, next);
      rearmed.push({ id: timer.id, due_ms: next + delay, slot_ms: next });
    }
  }
  await rearm(work, rearmed, spent);
  await startSlots(work, await limit(work, fires));
}

interface SlotFire {
  readonly slot: Instant;
  readonly run: NewRun;
}

/** At the limit, a pipeline that skips passes the slot over, and one that replaces ends what runs. */
async function limit(work: Work, fires: readonly SlotFire[]): Promise<readonly SlotFire[]> {
  const bounded = fires.filter(({ run }) => run.version.spec.whenActive !== undefined);
  if (bounded.length === 0) return fires;
  const room = await measureRoom(
    work,
    bounded.map(({ run }) => run.version),
    fires.map(({ run }) => run.version),
  );
  const skipped: SlotFire[] = [];
  const wanted = fires.filter((fire) => {
    if (fire.run.version.spec.whenActive !== "skip") return true;
    if (!room.has(fire.run.version)) skipped.push(fire);
    else room.take(fire.run.version);
    return !skipped.includes(fire);
  });
  await claimSlots(work, skipped);
  const replacing = wanted.filter(({ run }) => run.version.spec.whenActive === "replace");
  for (const [version, mine] of Map.groupBy(replacing, ({ run }) => run.version)) {
    await replaceRuns(work, version, mine.length);
  }
  return wanted;
}

/** A tick before the pipeline's partitions begin has none to be for. */
function hasPartition({ spec }: LoadedVersion, { partition }: NewRun): boolean {
  return Object.entries(spec.partitions).every(
    ([key, scheme]) => partitionValueProblem(scheme, partition[key] ?? "") === null,
  );
}

function scheduledRun(schedule: ScheduleRow, version: LoadedVersion, slot: Instant): NewRun {
  const { spec } = schedule;
  const start = previousTick(spec, slot) ?? slot;
  const partition =
    spec.partition === "interval"
      ? intervalPartition(version.spec.partitions, start)
      : spec.partition;
  const params = Object.entries(spec.params).flatMap(([name, from]) =>
    "value" in from ? [[name, from.value] as const] : [],
  );
  return {
    version,
    trigger: { id: schedule.trigger_id, name: schedule.name },
    cause: { type: "schedule", trigger: schedule.name, slot: new Date(slot).toISOString() },
    partition,
    params: Object.fromEntries(params),
    logicalAt: slot,
    interval: { start, end: slot },
    correlationId: null,
    hop: 0,
  };
}

async function rearm(
  { tx, log }: Work,
  rearmed: readonly Rearmed[],
  spent: readonly number[],
): Promise<void> {
  await sql`delete from millrace.timer where id = any(${spent}::bigint[])`.execute(tx);
  await sql`update millrace.timer t set due_at = to_timestamp(x.due_ms / 1000.0),
      slot = to_timestamp(x.slot_ms / 1000.0)
    from ${records(rearmed, "id bigint, due_ms bigint, slot_ms bigint")} where t.id = x.id`.execute(
    tx,
  );
  rearmed.forEach(({ due_ms }) => log.timer(new Date(due_ms)));
}

/** A slot that has a run already is left alone: its primary key is the promise. */
async function startSlots(work: Work, fires: readonly SlotFire[]): Promise<void> {
  const won = await claimSlots(work, fires);
  const ids = await insertRuns(
    work,
    won.map(({ run }) => run),
  );
  const slots = won.map(({ slot, run }, place) => ({
    trigger_id: run.trigger?.id,
    slot,
    run_id: ids[place],
  }));
  await sql`update millrace.schedule_fire f set run_id = x.run_id
    from ${records(slots, "trigger_id bigint, slot bigint, run_id bigint")}
    where f.trigger_id = x.trigger_id and f.slot = to_timestamp(x.slot / 1000.0)`.execute(work.tx);
}

/** @returns Those whose slot was free. A slot that was passed over keeps run 0. */
async function claimSlots(work: Work, fires: readonly SlotFire[]): Promise<readonly SlotFire[]> {
  const keys = fires.map(({ slot, run }) => ({ trigger_id: run.trigger?.id, slot }));
  if (keys.length === 0) return [];
  const { rows } = await sql<{ trigger_id: number; slot_ms: number }>`
    insert into millrace.schedule_fire (trigger_id, slot, run_id)
    select trigger_id, to_timestamp(slot / 1000.0), 0
    from ${records(keys, "trigger_id bigint, slot bigint")}
    on conflict do nothing
    returning trigger_id, (extract(epoch from slot) * 1000)::bigint as slot_ms`.execute(work.tx);
  const free = new Set(rows.map((row) => `${row.trigger_id} ${row.slot_ms}`));
  return fires.filter(({ slot, run }) => free.has(`${run.trigger?.id} ${slot}`));
}
