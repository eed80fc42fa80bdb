import type { Instant } from "../lib/instant.ts";
import type { RunState } from "../run/states.ts";
import type { JsonValue } from "../spec/json.ts";
import type { Partition } from "../spec/partition-spec.ts";
import type { PipelineId, PipelineSpec } from "../spec/pipeline-spec.ts";
import type { Fire, PendingDelivery } from "../trigger/evaluate.ts";
import type { ReplayFact } from "./replay-decision.ts";

/** Why a run was asked for: its trigger's schedule, how its condition came about, or by hand. */
export type RunCause = "schedule" | "manual" | Fire<PendingDelivery>["cause"];

/** A run that a replay asks for. */
export interface RunRequest {
  readonly pipeline: PipelineId;
  /** Null for one that somebody asked for by hand. */
  readonly trigger: string | null;
  readonly partition: Partition;
  readonly params: Readonly<Record<string, JsonValue>>;
  /** The fact that completed it; null when it was the time, or a person. */
  readonly startedBy: ReplayFact | null;
  readonly cause: RunCause;
  /** Of a schedule: the time that it is for, however late it started. */
  readonly logicalAt: Instant | null;
  /** Everything that it consumes, with `startedBy`, in the order of arrival. */
  readonly consumed: readonly ReplayFact[];
  /** Names of the sources that a partial run goes without. */
  readonly missing: readonly string[];
  /** The partial run that it does again. */
  readonly rerunOf: number | null;
  readonly hop: number;
}

export interface ReplayRun extends RunRequest {
  /** From 1 on, in the order in which they were made. */
  readonly id: number;
  readonly at: Instant;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
  readonly state: RunState;
}

/** What comes of a request: begin some, end others, or none. */
export type Admission =
  | {
      readonly type: "begin" | "queue";
      readonly runId: number;
      readonly replaced: readonly number[];
    }
  | { readonly type: "skip"; readonly activeCount: number };

/** The runs of a replay, and the limits of their pipelines. */
export class ReplayRuns {
  readonly #runs: ReplayRun[] = [];
  readonly #active: Map<PipelineId, number[]> = new Map();
  readonly #queued: Map<PipelineId, number[]> = new Map();

  get all(): readonly ReplayRun[] {
    return this.#runs;
  }

  run(id: number): ReplayRun | undefined {
    return this.#runs[id - 1];
  }

  active(pipeline: PipelineId): readonly number[] {
    return this.#active.get(pipeline) ?? [];
  }

  /** Whether a run that is asked for now begins at once. */
  hasRoom(spec: PipelineSpec, pipeline: PipelineId): boolean {
    const ahead = this.active(pipeline).length + (this.#queued.get(pipeline)?.length ?? 0);
    return spec.maxActiveRuns === null || ahead < spec.maxActiveRuns;
  }

  /** Only triggers skip and replace: whoever asks by hand waits for room. */
  request(spec: PipelineSpec, request: RunRequest, at: Instant): Admission {
    const { pipeline } = request;
    const policy = request.trigger === null ? "queue" : (spec.whenActive ?? "queue");
    const active = this.active(pipeline);
    const hasRoom = this.hasRoom(spec, pipeline);
    if (!hasRoom && policy === "skip") return { type: "skip", activeCount: active.length };
    const begins = hasRoom || policy === "replace";
    const runId = this.#runs.length + 1;
    const fresh = { id: runId, at, startedAt: null, endedAt: null, state: "queued" } as const;
    this.#runs.push({ ...request, ...fresh });
    if (!begins) {
      push(this.#queued, pipeline, runId);
      return { type: "queue", runId, replaced: [] };
    }
    const replaced = hasRoom ? [] : active.slice(0, active.length + 1 - (spec.maxActiveRuns ?? 0));
    return { type: "begin", runId, replaced };
  }

  begin(id: number, at: Instant): ReplayRun {
    const run = this.#change(id, { state: "running", startedAt: at });
    push(this.#active, run.pipeline, id);
    return run;
  }

  end(id: number, state: RunState, at: Instant): ReplayRun {
    const run = this.#change(id, { state, endedAt: at });
    this.#active.set(
      run.pipeline,
      this.active(run.pipeline).filter((other) => other !== id),
    );
    return run;
  }

  /** The next that waits for room, when there is some; it waits no more. */
  admit(spec: PipelineSpec, pipeline: PipelineId): number | null {
    if (this.active(pipeline).length >= (spec.maxActiveRuns ?? Infinity)) return null;
    return this.#queued.get(pipeline)?.shift() ?? null;
  }

  #change(id: number, part: Partial<ReplayRun>): ReplayRun {
    const run = { ...(this.#runs[id - 1] as ReplayRun), ...part };
    this.#runs[id - 1] = run;
    return run;
  }
}

function push(lists: Map<PipelineId, number[]>, key: PipelineId, id: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [id]);
  else list.push(id);
}
