import {
  type Fact,
  type Fire,
  HOPS_MAX,
  lastOf,
  present,
  type Step,
} from "@millrace/core/internal";
import { sql } from "kysely";
import { buryRunaway } from "./bury-runaway.ts";
import { type Decision, type Decisions } from "./decide-groups.ts";
import { consumeDeliveries, endDeliveries, type PendingRow } from "./delivery-rows.ts";
import { post } from "./flight.ts";
import { armGroups } from "./group-timers.ts";
import { insertRuns, type NewRun } from "./insert-runs.ts";
import { type LoadedFact, loadFacts } from "./load-facts.ts";
import { records } from "./records.ts";
import { replaceRuns, type Room } from "./room.ts";
import { tellMissed } from "./tell-missed.ts";
import { toTriggeredRun } from "./triggered-run.ts";
import type { Tx } from "./transact.ts";
import type { Work } from "./work.ts";

/** A run that a decision asks for. */
interface Wanted {
  readonly decision: Decision;
  readonly fire: Fire<PendingRow>;
  readonly run: NewRun;
}

/** Why deliveries end without a run. */
export interface Ending {
  readonly ids: readonly number[];
  readonly disposition: "expired" | "limit_reached" | "evaluation_error" | "dead_lettered";
  readonly reason: string;
}

/** Applies decisions, in a constant number of statements for any number of groups. */
export async function carryOut(
  work: Work,
  { decided, held, room }: Decisions,
  taken: readonly LoadedFact[],
): Promise<void> {
  const { tx, log } = work;
  const factOf = await completingFacts(tx, decided, taken);
  const endings: Ending[] = decided.flatMap(({ found }) => found.steps.flatMap(toEnding));
  const wanted: Wanted[] = [];
  for (const decision of decided) {
    for (const fire of firesOf(decision.found.steps)) {
      const run = toTriggeredRun(decision, fire, factOf(lastOf(fire)));
      if ("problem" in run) endings.push(endingOf(fire, "evaluation_error", run.problem));
      else if (run.hop > HOPS_MAX) {
        await buryRunaway(tx, run);
        endings.push(endingOf(fire, "dead_lettered", `more than ${HOPS_MAX} hops`));
      } else wanted.push({ decision, fire, run });
    }
  }
  const starts = await limit(work, wanted, room, endings);
  const ids = await insertRuns(
    work,
    starts.map(({ run }) => run),
  );
  await consumeDeliveries(tx, starts, ids);
  await endDeliveries(tx, endings);
  const owedTo = await linkReruns(tx, starts, ids);
  await keepState(tx, decided, owedTo);
  await keepMembers(tx, decided);
  await tellMissed(tx, log, decided);
  await hold(tx, held);
  const timers = decided.flatMap(({ group, found }) =>
    found.timerAt === null ? [] : [{ groupId: group.id, at: found.timerAt }],
  );
  await armGroups(tx, log, timers);
}

/** At the limit, a pipeline that skips starts nothing, and one that replaces ends what runs. */
async function limit(
  work: Work,
  wanted: readonly Wanted[],
  room: Room,
  endings: Ending[],
): Promise<readonly Wanted[]> {
  const starts = wanted.filter(({ decision: { version }, fire }) => {
    if (version.spec.whenActive !== "skip") return true;
    if (room.has(version)) {
      room.take(version);
      return true;
    }
    const reason = `${version.spec.maxActiveRuns} of ${version.spec.maxActiveRuns} runs were active, and the pipeline skips`;
    endings.push(endingOf(fire, "limit_reached", reason));
    return false;
  });
  const replacing = Map.groupBy(
    starts.filter(({ decision }) => decision.version.spec.whenActive === "replace"),
    ({ decision }) => decision.version,
  );
  const outdone = new Set<Wanted>();
  for (const [version, mine] of replacing) {
    await replaceRuns(work, version, mine.length);
    const surplus = Math.max(0, mine.length - (version.spec.maxActiveRuns ?? mine.length));
    for (const each of mine.slice(0, surplus)) {
      outdone.add(each);
      endings.push(endingOf(each.fire, "limit_reached", "a newer run replaced it at once"));
    }
  }
  return starts.filter((each) => !outdone.has(each));
}

function firesOf(steps: readonly Step<PendingRow>[]): Fire<PendingRow>[] {
  return steps.flatMap((step) => (step.type === "fire" ? [step] : []));
}

const EXPIRY_REASONS = {
  within: "no other facts came within the trigger's window",
  max_age: "it grew older than its leg allows",
  reset: "the daily reset came before the condition was satisfied",
  deadline: "the deadline came before the condition was satisfied",
  late: "it came after the deadline, which started a partial run",
} as const;

function toEnding(step: Step<PendingRow>): Ending[] {
  if (step.type !== "expire") return [];
  const ids = step.expired.map(({ id }) => id);
  return [{ ids, disposition: "expired", reason: EXPIRY_REASONS[step.cause] }];
}

function endingOf(
  { consumed }: Fire<PendingRow>,
  disposition: Ending["disposition"],
  reason: string,
): Ending {
  return { ids: consumed.map(({ id }) => id), disposition, reason };
}

/** Mostly those just taken; of decisions by time, and after an edit, also some that waited. */
async function completingFacts(
  tx: Tx,
  decided: readonly Decision[],
  taken: readonly LoadedFact[],
): Promise<(row: PendingRow) => LoadedFact> {
  const known = new Map(taken.map((fact) => [`${fact.kind} ${fact.id}`, fact]));
  const keyOf = ({ factKind, factId }: PendingRow): string => `${factKind} ${factId}`;
  const missing = decided
    .flatMap(({ found }) => firesOf(found.steps))
    .map((fire) => lastOf(fire))
    .filter((row) => !known.has(keyOf(row)))
    .map(({ factKind, factId }): Fact => ({ kind: factKind, id: factId }));
  for (const fact of await loadFacts(tx, missing)) known.set(`${fact.kind} ${fact.id}`, fact);
  return (row) => present(known.get(keyOf(row)), `the fact ${keyOf(row)} of a delivery`);
}

/**
 * Ties reruns to the partial run before them.
 *
 * @returns By group, the newest run that legs may still be owed to.
 */
async function linkReruns(
  tx: Tx,
  starts: readonly Wanted[],
  ids: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const owedTo = new Map<number, number>();
  const links: { run_id: number; rerun_of: number }[] = [];
  starts.forEach(({ decision: { group }, fire }, place) => {
    const runId = ids[place] ?? 0;
    if (fire.cause === "late") {
      const partial = owedTo.get(group.id) ?? group.owedRunId;
      if (partial !== null) links.push({ run_id: runId, rerun_of: partial });
    }
    if (fire.cause === "deadline" || fire.cause === "late") owedTo.set(group.id, runId);
  });
  if (links.length > 0) {
    const linked = sql`update millrace.run r set rerun_of = x.rerun_of
      from ${records(links, "run_id bigint, rerun_of bigint")} where r.id = x.run_id`;
    await post(tx, linked);
  }
  return owedTo;
}

async function keepState(
  tx: Tx,
  decided: readonly Decision[],
  owedTo: ReadonlyMap<number, number>,
): Promise<void> {
  const rows = decided.flatMap(({ group, found }) => {
    // Without anything that waits there is nothing to take up again.
    const { owed, owedUntil, alertedAt, seen, decidedAt, satisfiedAt } = found.state;
    if (found.waiting === null && owed.length === 0 && group.state.owed.length === 0) return [];
    const owed_run_id = owed.length === 0 ? null : (owedTo.get(group.id) ?? group.owedRunId);
    const until = { owed_until: owedUntil, decided_at: decidedAt, satisfied_at: satisfiedAt };
    return [{ id: group.id, owed, owed_run_id, alerted_at: alertedAt, seen, ...until }];
  });
  if (rows.length === 0) return;
  const columns = `id bigint, owed smallint[], owed_until bigint, owed_run_id bigint,
    alerted_at bigint, seen bigint, decided_at bigint, satisfied_at bigint`;
  const kept = sql`
    update millrace.trigger_group g set owed = x.owed,
      owed_until = to_timestamp(x.owed_until / 1000.0), owed_run_id = x.owed_run_id,
      alerted_at = x.alerted_at, seen = x.seen,
      decided_at = to_timestamp(x.decided_at / 1000.0),
      satisfied_at = to_timestamp(x.satisfied_at / 1000.0),
      clock = greatest(g.clock, to_timestamp(x.decided_at / 1000.0))
    from ${records(rows, columns)} where g.id = x.id`;
  await post(tx, kept);
}

/** What leaves a group was there: complete legs need not see it again. */
async function keepMembers(tx: Tx, decided: readonly Decision[]): Promise<void> {
  const rows = decided.flatMap(({ group, found }) => {
    const { legs: all } = group.trigger.condition;
    const gone = found.steps.flatMap((step) =>
      step.type === "alert" ? [] : step.type === "fire" ? step.consumed : step.expired,
    );
    return gone.flatMap(({ legs, member }) =>
      legs.flatMap((leg) =>
        all[leg]?.complete === undefined ? [] : [{ group_id: group.id, leg, member }],
      ),
    );
  });
  if (rows.length === 0) return;
  const left = sql`
    insert into millrace.group_member (group_id, leg, member)
    select distinct group_id, leg, member
    from ${records(rows, "group_id bigint, leg smallint, member text")}
    on conflict do nothing`;
  await post(tx, left);
}

async function hold(tx: Tx, held: Decisions["held"]): Promise<void> {
  if (held.length === 0) return;
  const rows = held.map(({ group, version }) => ({
    group_id: group.id,
    pipeline_id: version.pipelineRowId,
  }));
  const holding = sql`
    insert into millrace.group_held (group_id, pipeline_id)
    select group_id, pipeline_id from ${records(rows, "group_id bigint, pipeline_id bigint")}
    order by group_id on conflict do nothing`;
  await post(tx, holding);
}
