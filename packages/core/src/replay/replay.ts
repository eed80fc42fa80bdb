import type { Instant } from "../lib/instant.ts";
import type { RunState } from "../run/states.ts";
import { dueSlots, firstSlot } from "../schedule/due-slots.ts";
import { jitterOf } from "../schedule/jitter.ts";
import type { JsonValue } from "../spec/json.ts";
import type { Partition } from "../spec/partition-spec.ts";
import type { PipelineId, PipelineSpec } from "../spec/pipeline-spec.ts";
import { placeKey, sortByContent, UNCHANGED_REASON } from "../trigger/changed-only.ts";
import { type Delivery, deliver } from "../trigger/deliver.ts";
import { Agenda } from "./agenda.ts";
import { GroupJudge } from "./group-judge.ts";
import {
  type ReplayDecision,
  type ReplayFact,
  type ReplayFactDraft,
  ReplayLedger,
} from "./replay-decision.ts";
import { type ReplayGroup, ReplayGroups } from "./replay-groups.ts";
import { ReplayRegistry, type ReplaySchedule } from "./replay-registry.ts";
import { type ReplayRun, ReplayRuns, type RunRequest } from "./replay-runs.ts";
import { runEnded } from "./run-ended.ts";
import { scheduledRequest } from "./scheduled-request.ts";

/** How a run goes. */
export interface RunCourse {
  /** How long it takes; null: until `endRun` is called. */
  readonly runMs: number | null;
  readonly state: "succeeded" | "failed";
  readonly result: JsonValue;
  /** What its tasks announce before it ends. */
  readonly announces: (at: Instant) => readonly ReplayFactDraft[];
}

export interface ReplayOptions {
  /** When it begins: a schedule that is due at this very moment fires. */
  readonly from: Instant;
  /** Asked when a run begins. */
  readonly course: (run: ReplayRun) => RunCourse;
}

/**
 * Decides about facts as the store does, by the same functions, without a store: its groups,
 * runs and limits are in memory, and its time is what it is told. Each fact is looked at as soon
 * as it is told, and everything that time brings about at its own moment. The same calls give
 * the same runs and decisions.
 */
export class Replay {
  readonly #registry: ReplayRegistry;
  readonly #options: ReplayOptions;
  readonly #agenda = new Agenda();
  readonly #groups = new ReplayGroups();
  readonly #runs = new ReplayRuns();
  readonly #ledger = new ReplayLedger();
  /** The content versions that triggers were given last, by place. */
  readonly #content: Map<string, string> = new Map();
  readonly #judge: GroupJudge;
  #now: Instant;
  #factId = 0;

  constructor(specs: readonly PipelineSpec[], options: ReplayOptions) {
    this.#registry = new ReplayRegistry(specs);
    this.#options = options;
    this.#now = options.from;
    this.#judge = new GroupJudge(this.#registry, this.#runs, this.#ledger, {
      start: (request) => this.#start(request),
      look: (group, at) => this.#agenda.add(at, () => this.#timer(group, at)),
      announce: (draft) => this.#agenda.add(this.#now, () => this.#decide(this.#toFact(draft))),
    });
    for (const schedule of this.#registry.schedules()) {
      this.#arm(schedule, firstSlot(schedule.spec, options.from));
    }
    this.advance(options.from);
  }

  get now(): Instant {
    return this.#now;
  }

  get runs(): readonly ReplayRun[] {
    return this.#runs.all;
  }

  /** Every decision, those that are still open told as of now. */
  decisions(): readonly ReplayDecision[] {
    for (const group of this.#groups.all) this.#judge.tellWaiting(group);
    return this.#ledger.decisions;
  }

  /** Groups in which something waits. */
  waiting(): readonly ReplayGroup[] {
    return [...this.#groups.all].filter(({ pending }) => pending.length > 0);
  }

  isPaused(pipeline: PipelineId, trigger: string): boolean {
    return this.#registry.off(pipeline, trigger) !== null;
  }

  /** Time passes, and each moment brings about what is due at it. */
  advance(to: Instant): void {
    for (let at = this.#agenda.next(); at !== null && at <= to; at = this.#agenda.next()) {
      this.#now = Math.max(this.#now, at);
      this.#agenda.doNext();
    }
    this.#now = Math.max(this.#now, to);
  }

  /** Time passed while nobody decided: what was due meanwhile is looked at when it is over. */
  outage(until: Instant): void {
    this.#now = Math.max(this.#now, until);
    this.advance(this.#now);
  }

  /** A fact comes in now; it may have come about before. */
  tell(draft: ReplayFactDraft): void {
    this.#decide(this.#toFact(draft));
    this.advance(this.#now);
  }

  /** @param trigger - Null for the pipeline as a whole. */
  pause(pipeline: PipelineId, trigger: string | null): void {
    this.#registry.pause(pipeline, trigger, true);
  }

  /** What was kept is decided about now. */
  resume(pipeline: PipelineId, trigger: string | null): void {
    const resting = this.waiting().filter((group) => this.#judge.isOff(group));
    this.#registry.pause(pipeline, trigger, false);
    for (const group of resting) {
      this.#judge.look(group, this.#now);
    }
    this.advance(this.#now);
  }

  /** Somebody asks for a run by hand. */
  run(
    pipeline: PipelineId,
    partition: Partition,
    params: Readonly<Record<string, JsonValue>>,
  ): void {
    const none = { startedBy: null, logicalAt: null, consumed: [], missing: [], rerunOf: null };
    this.#start({ ...none, pipeline, trigger: null, partition, params, cause: "manual", hop: 0 });
    this.advance(this.#now);
  }

  /** Ends a run that is active, as `state`; its tasks announce what they do when it succeeded. */
  endRun(id: number, state: RunState, result: JsonValue = null): void {
    this.#end(id, { ...this.#options.course(this.#run(id)), result }, state);
    this.advance(this.#now);
  }

  #run(id: number): ReplayRun {
    return this.#runs.run(id) as ReplayRun;
  }

  #toFact(draft: ReplayFactDraft): ReplayFact {
    return { ...draft, id: draft.id ?? ++this.#factId, hop: draft.hop ?? 0 };
  }

  #decide(fact: ReplayFact): void {
    const deliveries = deliver(this.#registry.index, fact);
    const pending = deliveries.filter(({ disposition }) => disposition === "pending");
    const { changed, unchanged, news } = sortByContent(pending, this.#content);
    for (const given of news) this.#content.set(placeKey(given), given.version);
    for (const delivery of deliveries) this.#record(delivery, fact, unchanged.includes(delivery));
    if (deliveries.length === 0 && fact.kind !== "run") {
      const none = { pipeline: null, trigger: null, partition: null, reason: null, runId: null };
      this.#ledger.add({ at: this.#now, fact, ...none, disposition: "no_subscribers" });
    }
    const touched = new Set(changed.map((delivery) => this.#groups.of(delivery)));
    for (const group of touched) this.#judge.look(group, this.#now);
  }

  #record(delivery: Delivery, fact: ReplayFact, isUnchanged: boolean): void {
    const { trigger, partition, disposition } = delivery;
    const base = { at: this.#now, fact, pipeline: trigger.pipeline, trigger: trigger.name };
    const rest = { ...base, partition, runId: null };
    if (isUnchanged) {
      this.#ledger.add({ ...rest, disposition: "unchanged", reason: UNCHANGED_REASON });
    } else if (disposition === "pending") {
      const id = this.#ledger.add({ ...rest, disposition: "waiting_for", reason: null });
      this.#groups.add(delivery, fact, id);
    } else this.#ledger.add({ ...rest, disposition, reason: delivery.reason });
  }

  #timer(group: ReplayGroup, at: Instant): void {
    if (group.timerAt !== at) return;
    group.timerAt = null;
    this.#judge.look(group, this.#now);
  }

  #arm(schedule: ReplaySchedule, due: Instant | null): void {
    if (due === null) return;
    const jitterMs = jitterOf(schedule.spec, schedule.triggerId, due);
    this.#agenda.add(due + jitterMs, () => this.#tick(schedule, due, jitterMs));
  }

  #tick(schedule: ReplaySchedule, due: Instant, jitterMs: number): void {
    const { pipeline, trigger, spec } = schedule;
    const { slots, next } = dueSlots(spec, due, this.#now - jitterMs);
    this.#arm(schedule, next);
    const owner = this.#registry.spec(pipeline);
    if (owner === undefined || this.#registry.off(pipeline, trigger) !== null) return;
    for (const slot of slots) {
      const request = scheduledRequest(schedule, owner, slot);
      if (request !== null) this.#start(request);
    }
  }

  /** @returns The id of the run; null when the pipeline's policy is to make none. */
  #start(request: RunRequest): number | null {
    const spec = this.#registry.spec(request.pipeline);
    if (spec === undefined) return null;
    const admission = this.#runs.request(spec, request, this.#now);
    if (admission.type === "skip") return null;
    for (const id of admission.replaced) this.#cancel(id);
    if (admission.type === "begin") this.#begin(admission.runId);
    return admission.runId;
  }

  #begin(id: number): void {
    const course = this.#options.course(this.#runs.begin(id, this.#now));
    if (course.runMs === null) return;
    this.#agenda.add(this.#now + course.runMs, () => this.#end(id, course, course.state));
  }

  #cancel(id: number): void {
    const run = this.#runs.end(id, "cancelled", this.#now);
    this.#agenda.add(this.#now, () => this.#decide(this.#endOf(run, null)));
  }

  /** First what its tasks announced, then its end: room for others, and a fact of its own. */
  #end(id: number, course: RunCourse, state: RunState): void {
    if (this.#run(id).state !== "running") return;
    const { hop } = this.#run(id);
    const announced = state === "succeeded" ? course.announces(this.#now) : [];
    for (const draft of announced) this.#decide(this.#toFact({ ...draft, hop: hop + 1 }));
    const run = this.#runs.end(id, state, this.#now);
    this.#admit(run.pipeline);
    this.#decide(this.#endOf(run, course.result));
  }

  #endOf(run: ReplayRun, result: JsonValue): ReplayFact {
    return runEnded(run, this.#registry.spec(run.pipeline)?.partitions ?? {}, result, this.#now);
  }

  #admit(pipeline: PipelineId): void {
    const spec = this.#registry.spec(pipeline);
    if (spec === undefined) return;
    for (let id = this.#runs.admit(spec, pipeline); id !== null;) {
      this.#begin(id);
      id = this.#runs.admit(spec, pipeline);
    }
    for (const group of this.#groups.all) {
      if (!group.isHeld || !this.#judge.isOf(group, pipeline)) continue;
      if (this.#runs.hasRoom(spec, pipeline)) this.#judge.look(group, this.#now);
    }
  }
}
