import {
  type Instant,
  type JsonValue,
  keyText,
  type Partition,
  partitionText,
} from "@millrace/core/internal";
import { sql } from "kysely";
import { admitRuns } from "./admit-runs.ts";
import { startRuns } from "./progress-runs.ts";
import { records } from "./records.ts";
import { NEW_TRACE, traceIn } from "./trace.ts";
import type { LoadedVersion } from "./version-cache.ts";
import type { Work } from "./work.ts";

/** A run that is to begin, and why. */
export interface NewRun {
  readonly version: LoadedVersion;
  readonly trigger: { readonly id: number; readonly name: string } | null;
  /** What a person asks for first: the kind of cause, and what it was about. */
  readonly cause: JsonValue;
  readonly partition: Partition;
  readonly params: JsonValue;
  readonly logicalAt: Instant | null;
  readonly interval: { readonly start: Instant; readonly end: Instant } | null;
  /** Null: this run is the first of its story. */
  readonly correlationId: string | null;
  readonly hop: number;
  /** The backfill that it is part of. */
  readonly backfillId?: number | null;
  /** W3C trace context of what caused it; absent: it begins a trace. */
  readonly traceparent?: string | null;
  /** The call that it is for: the run and its step; and how many calls deep that is. */
  readonly parent?: { readonly runId: number; readonly stepId: number; readonly depth: number };
  /** Puts down what must be there before its first tasks are decided. */
  readonly prepare?: (runId: number) => Promise<void>;
}

/**
 * Inserts runs with their first tasks, in a constant number of statements. A run of a pipeline
 * that has reached its limit waits its turn, whatever limit its own version had.
 *
 * @returns Their ids, in the order given.
 */
export async function insertRuns(work: Work, runs: readonly NewRun[]): Promise<readonly number[]> {
  if (runs.length === 0) return [];
  const rows = runs.map(toRow);
  const columns = `place int, pipeline_id bigint, version_id bigint, limited boolean,
    trigger_id bigint, trigger_name text, cause jsonb, partition text, params jsonb,
    logical_ms bigint, start_ms bigint, end_ms bigint, correlation_id text, hop smallint,
    backfill_id bigint, pinned boolean, traceparent text, parent_run_id bigint,
    parent_step_id bigint, call_depth smallint, concurrency_key text, key_limit int`;
  const inserted = await sql<{ place: number; id: number; held: boolean }>`
    with x as materialized (
      select r.*, nextval(pg_get_serial_sequence('millrace.run', 'id')) as id, d.build::text as build,
        millrace.now() as begun_at,
        r.limited or p.max_active_runs is not null or exists (
          select from millrace.run_limit l
          where l.slots is not null and (l.kind = 'all' or l.name = p.namespace)
        ) as held
      from ${records(rows, columns, "r")}
      join millrace.pipeline p on p.id = r.pipeline_id
      join millrace.deployment d on d.name = p.deployment order by place
    ),
    active as (
      insert into millrace.run_active (run_id, pipeline_id, concurrency_key)
      select id, pipeline_id, concurrency_key from x where not held
    ),
    queued as (
      insert into millrace.run_queued (run_id, pipeline_id, backfill, concurrency_key, key_limit)
      select id, pipeline_id, backfill_id is not null, concurrency_key, key_limit from x where held
    ),
    run as (
      insert into millrace.run (id, pipeline_id, version_id, state, trigger_id, trigger_name, cause,
        partition, params, logical_at, interval_start, interval_end, correlation_id, hop, backfill_id, build,
        pinned_build, traceparent, parent_run_id, parent_step_id, call_depth, created_at,
        started_at)
      overriding system value
      select id, pipeline_id, version_id, case when held then 'queued' else 'running' end,
        trigger_id, trigger_name, cause, partition, coalesce(params, '{}'::jsonb),
        to_timestamp(logical_ms / 1000.0), to_timestamp(start_ms / 1000.0),
        to_timestamp(end_ms / 1000.0), coalesce(correlation_id, 'run_' || id), hop, backfill_id,
        build, case when pinned then build end, coalesce(traceparent, ${NEW_TRACE}), parent_run_id, parent_step_id, call_depth,
        begun_at, case when not held then begun_at end
      from x
    )
    select place, id, held from x order by place`.execute(work.tx);
  const ids = inserted.rows.map((row) => row.id);
  const isHeld = (place: number): boolean => inserted.rows[place]?.held === true;
  for (const [place, { prepare }] of runs.entries()) await prepare?.(ids[place] ?? 0);
  const begun = runs
    .map(({ version, prepare }, place) => {
      const hasRows = prepare !== undefined;
      return { runId: ids[place] ?? 0, version, cancelling: false, hasRows };
    })
    .filter((_, place) => !isHeld(place));
  const limited = runs.filter((_, place) => isHeld(place));
  const admitted = await admitRuns(
    work,
    limited.map(({ version }) => version.pipelineRowId),
  );
  await startRuns(work, [...begun, ...admitted]);
  return ids;
}

function toRow(run: NewRun, place: number): object {
  const { maxActiveRuns, concurrency } = run.version.spec;
  return {
    place,
    pipeline_id: run.version.pipelineRowId,
    version_id: run.version.versionId,
    limited: maxActiveRuns !== null || concurrency !== undefined,
    concurrency_key: concurrency === undefined ? null : keyText(concurrency.key, run),
    key_limit: concurrency?.limit ?? null,
    trigger_id: run.trigger?.id ?? null,
    trigger_name: run.trigger?.name ?? "manual",
    cause: run.cause,
    partition: partitionText(run.partition),
    params: run.params,
    logical_ms: run.logicalAt,
    start_ms: run.interval?.start ?? null,
    end_ms: run.interval?.end ?? null,
    correlation_id: run.correlationId,
    hop: run.hop,
    backfill_id: run.backfillId ?? null,
    traceparent: traceIn(run),
    parent_run_id: run.parent?.runId ?? null,
    parent_step_id: run.parent?.stepId ?? null,
    call_depth: run.parent?.depth ?? 0,
    pinned: run.version.spec.pin === "build",
  };
}
