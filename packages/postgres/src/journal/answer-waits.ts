import {
  type Fact,
  type JsonValue,
  noRunEnd,
  type Partition,
  type RunWaiter,
  type Wait,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { Tx } from "../transact.ts";
import type { Work } from "../work.ts";
import { type EventSearch, findEvents } from "./find-events.ts";
import { findPipelineEnds, findRunEnds } from "./find-run-ends.ts";
import { findCheckAnswers, findSeen } from "../check/check-answers.ts";
import { lockWaitingRuns } from "./lock-waiting-runs.ts";
import { settleWaits, type WaitAnswer } from "./settle-waits.ts";
import { type StepWake, takeStepWakes, wakeSteps } from "./step-wakes.ts";

/** A wait without an answer, under the lock of its run. */
interface OpenWait {
  readonly id: number;
  readonly run_id: number;
  readonly task_run_id: number;
  readonly wait: Wait;
  readonly since: Date;
  readonly partition: string;
  readonly logical_at: Date | null;
  readonly created_at: Date;
  readonly namespace: string;
  /** Of a call: the run that it started. */
  readonly child_id: number | null;
  readonly now: Date;
}

/**
 * Looks at waits again, under the locks of their runs: those with an answer are answered, and
 * their tasks go on. A wake too many finds nothing to do.
 */
export async function answerWaits(work: Work, wakes: readonly Fact[]): Promise<void> {
  const { tx, log } = work;
  const taken = await takeStepWakes(tx, wakes);
  if (taken.length === 0) return;
  const open = await lockOpen(tx, taken);
  const wakesOf = Map.groupBy(taken, ({ stepId }) => stepId);
  const answers = await findAnswers(work, open, (id) => wakesOf.get(id) ?? []);
  const lapsed = open.filter(
    ({ id }) => !answers.has(id) && wakesOf.get(id)?.some(({ isTimer }) => isTimer),
  );
  const seen = await findSeen(tx, checksOf(lapsed));
  const late = lapsed.map((each): WaitAnswer => ({ stepId: each.id, value: timeUp(each, seen) }));
  const found = [...answers].map(([stepId, value]): WaitAnswer => ({ stepId, value }));
  await settleWaits(work, [...found, ...late]);
  // The run of a call whose time is up is stopped under its own lock.
  const given = new Set(late.map(({ stepId }) => stepId));
  const calls = open.filter(({ id, wait }) => given.has(id) && wait.kind === "call");
  await wakeSteps(
    tx,
    log,
    calls.map(({ id }) => ({ step_id: id })),
  );
}

async function lockOpen(tx: Tx, wakes: readonly StepWake[]): Promise<readonly OpenWait[]> {
  const ids = wakes.map(({ stepId }) => stepId);
  await lockWaitingRuns(tx, ids);
  const { rows } = await sql<OpenWait>`
    select s.id, s.run_id, s.task_run_id, s.wait, s.since, r.partition, r.logical_at,
      r.created_at, p.namespace, c.id as child_id, millrace.now() as now
    from millrace.step s join millrace.run r on r.id = s.run_id
    join millrace.pipeline p on p.id = r.pipeline_id
    left join millrace.run c on c.parent_run_id = s.run_id and c.parent_step_id = s.id
    where s.id = any(${ids}::bigint[]) and s.state = 'waiting' order by s.id`.execute(tx);
  return rows;
}

async function findAnswers(
  work: Work,
  open: readonly OpenWait[],
  wakesOf: (stepId: number) => readonly StepWake[],
): Promise<ReadonlyMap<number, JsonValue>> {
  const { tx } = work;
  const events = open.flatMap((each) => toEventSearch(each, wakesOf(each.id)));
  const runs = open.flatMap(({ id: stepId, wait, child_id }) => {
    const runId = wait.kind === "run" ? wait.runId : wait.kind === "call" ? child_id : null;
    return runId === null ? [] : [{ stepId, runId }];
  });
  const pipelines = open.flatMap((each) => {
    const { id: stepId, wait } = each;
    return wait.kind === "pipeline" ? [{ stepId, wait, waiter: toRunWaiter(each) }] : [];
  });
  return new Map<number, JsonValue>([
    ...[...(await findEvents(tx, events))],
    ...[...(await findRunEnds(tx, runs))].map(toJson),
    ...[...(await findPipelineEnds(tx, pipelines))].map(toJson),
    ...(await findCheckAnswers(work, checksOf(open))),
  ]);
}

function checksOf(open: readonly OpenWait[]): readonly number[] {
  return open.flatMap(({ id, wait }) => (wait.kind === "check" ? [id] : []));
}

function toJson([stepId, end]: readonly [number, object]): [number, JsonValue] {
  return [stepId, { ...end } as JsonValue];
}

function toEventSearch(each: OpenWait, wakes: readonly StepWake[]): EventSearch[] {
  const { wait } = each;
  if (wait.kind !== "event") return [];
  const eventIds = wakes.flatMap(({ eventId }) => eventId ?? []);
  const waiter = {
    namespace: each.namespace,
    runCreatedAt: each.created_at.getTime(),
    since: each.since.getTime(),
  };
  const isToldAll = eventIds.length === wakes.length;
  const search = { stepId: each.id, taskRunId: each.task_run_id, wait, waiter };
  return [{ ...search, eventIds: isToldAll ? eventIds : null }];
}

function toRunWaiter(each: OpenWait): RunWaiter {
  return {
    runId: each.run_id,
    partition: JSON.parse(each.partition) as Partition,
    logicalAt: each.logical_at?.getTime() ?? null,
    since: each.since.getTime(),
  };
}

/** The answer of a wait whose time is up. */
function timeUp(
  { id, wait, child_id, now }: OpenWait,
  seen: ReadonlyMap<number, string>,
): JsonValue {
  switch (wait.kind) {
    case "sleep":
    case "event":
      return null;
    case "run":
      return { ...noRunEnd("timed_out", wait.runId) };
    case "pipeline":
      return { ...noRunEnd("timed_out", null) };
    case "call":
      return { ...noRunEnd("timed_out", child_id) };
    case "approval":
      return { verdict: "timed_out", by: null, comment: null, at: now.toISOString() };
    case "check":
      return { state: "timed_out", seen: seen.get(id) ?? null };
  }
}
