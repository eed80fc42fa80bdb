import type { Instant } from "../lib/instant.ts";
import { shortName } from "../namespace/short-name.ts";
import type { PipelineId, PipelineSpec } from "../spec/pipeline-spec.ts";
import { evaluate, type Fire, isPlain, lastOf, type Step } from "../trigger/evaluate.ts";
import { fillParams, missingParams } from "../trigger/fill-params.ts";
import { groupRules } from "../trigger/group-rules.ts";
import { HOPS_MAX } from "../trigger/hops.ts";
import { sourceNames } from "../trigger/source-names.ts";
import type { IndexedTrigger } from "../trigger/trigger-index.ts";
import type { ReplayDisposition, ReplayFactDraft, ReplayLedger } from "./replay-decision.ts";
import { release, type ReplayGroup, type ReplayPending, supersededIn } from "./replay-groups.ts";
import type { ReplayRegistry } from "./replay-registry.ts";
import type { ReplayRuns, RunRequest } from "./replay-runs.ts";
import { deadlineMissedFact } from "./deadline-missed-fact.ts";

const EXPIRED: Record<Extract<Step<ReplayPending>, { type: "expire" }>["cause"], string> = {
  within: "the others did not come within the window",
  max_age: "it grew too old",
  reset: "the daily reset came before the others",
  deadline: "the deadline passed without the others",
  late: "it came after the run that went without it",
};

/** What comes of judging a group. */
interface Effects {
  /** Null when the pipeline's policy is to make no run. */
  readonly start: (request: RunRequest) => number | null;
  /** Looks at the group again at that time. */
  readonly look: (group: ReplayGroup, at: Instant) => void;
  readonly announce: (fact: ReplayFactDraft) => void;
}

/** Looks at groups with the pure evaluator, and does what it says. */
export class GroupJudge {
  readonly #registry: ReplayRegistry;
  readonly #runs: ReplayRuns;
  readonly #ledger: ReplayLedger;
  readonly #effects: Effects;

  constructor(registry: ReplayRegistry, runs: ReplayRuns, ledger: ReplayLedger, effects: Effects) {
    this.#registry = registry;
    this.#runs = runs;
    this.#ledger = ledger;
    this.#effects = effects;
  }

  isOff(group: ReplayGroup): boolean {
    return this.#triggerOf(group).off !== null;
  }

  isOf(group: ReplayGroup, pipeline: PipelineId): boolean {
    return this.#triggerOf(group).pipeline === pipeline;
  }

  /** Decides about a group, unless it is paused or waits for room. */
  look(group: ReplayGroup, now: Instant): void {
    const trigger = this.#triggerOf(group);
    group.isHeld = false;
    if (group.pending.length === 0) return;
    if (trigger.off !== null) return this.#keepLatest(group, trigger);
    const spec = this.#specOf(trigger);
    const { partition, known } = group;
    const rules = groupRules({ trigger, partition }, spec, (leg) => known.get(leg) ?? new Set());
    const queues = (spec.whenActive ?? "queue") === "queue";
    if (isPlain(rules) && queues && !this.#runs.hasRoom(spec, trigger.pipeline)) {
      group.isHeld = true;
      return;
    }
    const { steps, state, waiting, timerAt } = evaluate(rules, group.state, group.pending, now);
    group.state = state;
    group.waiting = waiting;
    group.clock = state.decidedAt ?? group.clock;
    for (const step of steps) this.#take(step, group, trigger);
    if (timerAt !== null && timerAt !== group.timerAt) this.#effects.look(group, timerAt);
    group.timerAt = timerAt;
  }

  /** Says of what is still open how it stands. */
  tellWaiting(group: ReplayGroup): void {
    if (group.pending.length === 0) return;
    const trigger = this.#triggerOf(group);
    const spec = this.#specOf(trigger);
    if (trigger.off !== null) this.#settle(group.pending, trigger.off, null);
    else if (group.isHeld) {
      this.#settle(
        group.pending,
        "limit_reached",
        `it waits for one of ${spec.maxActiveRuns} runs`,
      );
    } else if (group.waiting?.for === "batch") {
      this.#settle(group.pending, "batched", "its batch is still open");
    } else {
      const missing = this.#names(trigger, group.waiting?.missing ?? []).join(", ");
      this.#settle(group.pending, "waiting_for", `it waits for ${missing}`);
    }
  }

  /** While a trigger that keeps the latest only is off, the rest counts no more. */
  #keepLatest(group: ReplayGroup, { spec }: IndexedTrigger): void {
    if (spec.policy.whilePaused !== "latest") return;
    const gone = supersededIn(group.pending);
    this.#settle(gone, "superseded", "a newer one came while the trigger was off");
    release(group, gone);
  }

  /** The sources that a group still waits for, by name. */
  #names({ condition }: IndexedTrigger, legs: readonly number[]): string[] {
    return sourceNames(condition, legs).map(shortName);
  }

  #triggerOf(group: ReplayGroup): IndexedTrigger {
    return this.#registry.index.trigger(group.triggerId) as IndexedTrigger;
  }

  #specOf(trigger: IndexedTrigger): PipelineSpec {
    return this.#registry.spec(trigger.pipeline) as PipelineSpec;
  }

  #take(step: Step<ReplayPending>, group: ReplayGroup, trigger: IndexedTrigger): void {
    switch (step.type) {
      case "fire":
        release(group, step.consumed);
        return this.#fire(step, group, trigger);
      case "expire":
        release(group, step.expired);
        return this.#settle(step.expired, "expired", EXPIRED[step.cause]);
      case "alert": {
        const { partition } = group;
        return this.#effects.announce(deadlineMissedFact({ trigger, partition }, step));
      }
    }
  }

  #fire(fire: Fire<ReplayPending>, group: ReplayGroup, trigger: IndexedTrigger): void {
    const { consumed } = fire;
    const { fact } = lastOf(fire);
    const hop = Math.max(...consumed.map((each) => each.fact.hop)) + 1;
    if (hop > HOPS_MAX) {
      return this.#settle(consumed, "dead_lettered", `more than ${HOPS_MAX} causes lead to it`);
    }
    const { params } = trigger.spec;
    const lacking = missingParams(params, this.#specOf(trigger).params, fact.facts);
    if (lacking.length > 0) {
      const reason = `it does not give the required param ${lacking.join(", ")}`;
      return this.#settle(consumed, "evaluation_error", reason);
    }
    const runId = this.#effects.start({
      pipeline: trigger.pipeline,
      trigger: trigger.name,
      partition: group.partition,
      params: fillParams(params, fact.facts),
      startedBy: fire.by === "delivery" ? fact : null,
      cause: fire.cause,
      logicalAt: null,
      consumed: consumed.map((each) => each.fact),
      missing: this.#names(trigger, fire.missing),
      rerunOf: fire.cause === "late" ? group.owedRunId : null,
      hop,
    });
    if (fire.cause === "deadline") group.owedRunId = runId;
    if (runId === null) {
      return this.#settle(consumed, "limit_reached", "a run is active, and the pipeline skips");
    }
    const included = fire.by === "delivery" ? consumed.slice(0, -1) : consumed;
    this.#settle(included, "included", null, runId);
    this.#settle(consumed.slice(included.length), "started", null, runId);
  }

  #settle(
    deliveries: readonly ReplayPending[],
    disposition: ReplayDisposition,
    reason: string | null,
    runId: number | null = null,
  ): void {
    const ids = deliveries.map(({ id }) => id);
    this.#ledger.settle(ids, disposition, { reason, runId });
  }
}
