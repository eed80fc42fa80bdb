import {
  chooseRun,
  type JsonValue,
  noRunEnd,
  type Partition,
  partitionText,
  type RunCandidate,
  type RunEndAnswer,
  type RunMatch,
  type RunState,
  type RunWaiter,
  toRunEnd,
  type Wait,
} from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import { isNamed } from "../is-named.ts";
import { records } from "../records.ts";
import type { Tx } from "../transact.ts";

/** A wait for the end of one run: one that is named, or one that it called. */
export interface RunSearch {
  readonly stepId: number;
  readonly runId: number;
}

/** A wait for the end of a run of a pipeline. */
export interface PipelineSearch {
  readonly stepId: number;
  readonly wait: Extract<Wait, { readonly kind: "pipeline" }>;
  readonly waiter: RunWaiter;
}

/** @returns By step, the ends of runs that have ended, and `missing` for those there are not. */
export async function findRunEnds(
  tx: Tx,
  searches: readonly RunSearch[],
): Promise<ReadonlyMap<number, RunEndAnswer>> {
  if (searches.length === 0) return new Map();
  const ids = searches.map(({ runId }) => runId);
  const { rows } = await sql<RunRow>`
    select id, state, partition, logical_at, created_at, result, reason
    from millrace.run where id = any(${ids}::bigint[])`.execute(tx);
  const runs = new Map(rows.map((row) => [row.id, toCandidate(row)]));
  const ends = searches.flatMap(({ stepId, runId }): [number, RunEndAnswer][] => {
    const run = runs.get(runId);
    const end = run === undefined ? noRunEnd("missing", runId, noSuchRun(runId)) : toRunEnd(run);
    return end === null ? [] : [[stepId, end]];
  });
  return new Map(ends);
}

function noSuchRun(runId: number): string {
  return `there is no run run_${runId}`;
}

/** @returns By step, what answers it now; those that go on waiting are missing. */
export async function findPipelineEnds(
  tx: Tx,
  searches: readonly PipelineSearch[],
): Promise<ReadonlyMap<number, RunEndAnswer>> {
  if (searches.length === 0) return new Map();
  const candidates = await loadCandidates(tx, searches);
  const ends = searches.flatMap(({ stepId, wait, waiter }): [number, RunEndAnswer][] => {
    const chosen = chooseRun(wait.match, waiter, candidates.get(stepId) ?? []);
    if (chosen === "pending" || (chosen === "missing" && wait.waitForRun)) return [];
    if (chosen === "missing") {
      const reason = `${wait.pipeline} has no run that is meant`;
      return [[stepId, noRunEnd("missing", null, reason)]];
    }
    const end = toRunEnd(chosen);
    return end === null ? [] : [[stepId, end]];
  });
  return new Map(ends);
}

interface RunRow {
  readonly id: number;
  readonly state: RunState;
  readonly partition: string;
  readonly logical_at: Date | null;
  readonly created_at: Date;
  readonly result: JsonValue;
  readonly reason: string | null;
}

function toCandidate(row: RunRow): RunCandidate {
  const { id, state, result, reason } = row;
  return {
    id,
    state,
    result,
    reason,
    partition: JSON.parse(row.partition) as Partition,
    logicalAt: row.logical_at?.getTime() ?? null,
    createdAt: row.created_at.getTime(),
  };
}

/** Ids and times of creation are not in the same order among runs that begin at the same moment. */
const AT_ONCE_MAX = 100;

/** What of a match an index can look for; the whole of it is up to the decision. */
const FITS: Record<RunMatch["by"], RawBuilder<boolean>> = {
  partition: sql`r.partition = x.partition`,
  logical_date: sql`r.logical_at = to_timestamp(x.logical_ms / 1000.0)`,
  window: sql`true`,
  latest: sql`true`,
};

/**
 * Of each wait, the newest run that fits and was there when it was asked for, and the first newer
 * one that has ended: more than these, the decision does not look at. Each way to match has a
 * statement of its own, so that none reads the history of its pipeline.
 */
async function loadCandidates(
  tx: Tx,
  searches: readonly PipelineSearch[],
): Promise<ReadonlyMap<number, readonly RunCandidate[]>> {
  const candidates = new Map<number, RunCandidate[]>();
  for (const [by, alike] of Map.groupBy(searches, ({ wait }) => wait.match.by)) {
    for (const row of await loadAlike(tx, alike, FITS[by])) {
      const mine = candidates.get(row.step_id) ?? [];
      mine.push(toCandidate(row));
      candidates.set(row.step_id, mine);
    }
  }
  return candidates;
}

async function loadAlike(
  tx: Tx,
  searches: readonly PipelineSearch[],
  fits: RawBuilder<boolean>,
): Promise<readonly (RunRow & { readonly step_id: number })[]> {
  const wanted = searches.map(({ stepId, wait: { pipeline }, waiter }) => ({
    step_id: stepId,
    pipeline,
    own_id: waiter.runId,
    since_ms: waiter.since,
    partition: partitionText(waiter.partition),
    logical_ms: waiter.logicalAt,
  }));
  const columns = `step_id bigint, pipeline text, own_id bigint, since_ms float8, partition text,
    logical_ms float8`;
  const isMeant = sql`r.pipeline_id = p.id and r.id <> x.own_id and ${fits}`;
  const isNew = sql`date_trunc('milliseconds', r.created_at) > to_timestamp(x.since_ms / 1000.0)`;
  const { rows } = await sql<RunRow & { readonly step_id: number }>`
    select x.step_id, c.id, c.state, c.partition, c.logical_at, c.created_at, c.result, c.reason
    from ${records(wanted, columns)}
    join millrace.pipeline p on ${isNamed("p", sql`x.pipeline`)},
    lateral (
      (select r.* from millrace.run r where ${isMeant} and not ${isNew} order by r.id desc limit 1)
      union all
      -- What is newer than the wait is newer than the run that asks.
      (select r.* from millrace.run r where ${isMeant} and r.id > x.own_id - ${AT_ONCE_MAX}::int
        and ${isNew} and r.ended_at is not null order by r.id limit 1)
    ) c`.execute(tx);
  return rows;
}
