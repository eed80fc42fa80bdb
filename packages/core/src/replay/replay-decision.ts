import type { Instant } from "../lib/instant.ts";
import type { Partition } from "../spec/partition-spec.ts";
import type { PipelineId } from "../spec/pipeline-spec.ts";
import type { TriggeringFact } from "../trigger/deliver.ts";

/** A fact of a replay, with the name that its result tells of it by. */
export interface ReplayFact extends TriggeringFact {
  readonly label: string;
  /** How many causes lead to it. */
  readonly hop: number;
}

/** A fact before it is told: what is absent is given. */
export type ReplayFactDraft = Omit<ReplayFact, "id" | "hop"> &
  Partial<Pick<ReplayFact, "id" | "hop">>;

/** What became of one fact at one group of one trigger. */
export interface ReplayDecision {
  readonly at: Instant;
  readonly fact: ReplayFact;
  /** Null when no trigger matches the fact. */
  readonly pipeline: PipelineId | null;
  readonly trigger: string | null;
  /** Null when it is in no group. */
  readonly partition: Partition | null;
  readonly disposition: ReplayDisposition;
  readonly reason: string | null;
  readonly runId: number | null;
}

export type ReplayDisposition =
  | "started"
  | "included"
  | "waiting_for"
  | "batched"
  | "limit_reached"
  | "trigger_disabled"
  | "pipeline_paused"
  | "filtered"
  | "partition_mismatch"
  | "unchanged"
  | "quarantined"
  | "suppressed"
  | "dropped"
  | "superseded"
  | "expired"
  | "evaluation_error"
  | "dead_lettered"
  | "no_subscribers";

/** The decisions of a replay, in the order of their facts. */
export class ReplayLedger {
  readonly #decisions: ReplayDecision[] = [];

  get decisions(): readonly ReplayDecision[] {
    return this.#decisions;
  }

  /** @returns The id to settle it by. */
  add(decision: ReplayDecision): number {
    return this.#decisions.push(decision) - 1;
  }

  settle(
    ids: readonly number[],
    disposition: ReplayDisposition,
    rest: Partial<Pick<ReplayDecision, "reason" | "runId">> = {},
  ): void {
    for (const id of ids) {
      const known = this.#decisions[id];
      if (known !== undefined) this.#decisions[id] = { ...known, ...rest, disposition };
    }
  }
}
