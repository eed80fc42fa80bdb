import type { PipelineSpec } from "@millrace/core/internal";
import { type ConditionSpec, type LegSpec, pipelineId } from "@millrace/core/internal";
import type { Violation } from "../../invariants/violation.ts";
import type { Found, FoundDelivery } from "./found.ts";

/** A fact that some triggers are about. */
interface Fact {
  readonly kind: "update" | "event" | "run";
  readonly id: number;
  readonly of: string;
  readonly state: string | null;
}

/** A trigger as its definition has it, of a pipeline that is in every build. */
interface Waiting {
  readonly pipeline: string;
  readonly trigger: string;
  readonly legs: readonly LegSpec[];
  readonly isEach: boolean;
  /** One leg, no batch: nothing that came may wait for more to come. */
  readonly isPlain: boolean;
}

const STARTED = new Set(["started", "included"]);
const OPEN = new Set(["pending", "waiting_for"]);

/** Each fact reaches each trigger that its definition says it matches, once, and is dealt with. */
export function consumedOnce(specs: readonly PipelineSpec[], found: Found): readonly Violation[] {
  const facts: readonly Fact[] = [
    ...found.updates.map(({ id, of }) => ({ kind: "update" as const, id, of, state: null })),
    ...found.events.map(({ id, of }) => ({ kind: "event" as const, id, of, state: null })),
    ...found.runs
      .filter(({ state }) => ["succeeded", "failed", "cancelled"].includes(state))
      .map(({ id, pipeline, state }) => ({ kind: "run" as const, id, of: pipeline, state })),
  ];
  const byPlace = Map.groupBy(found.deliveries, placeOf);
  return specs
    .flatMap(waitingIn)
    .flatMap((trigger) => [
      ...facts
        .filter((fact) => trigger.legs.some((leg) => matches(leg, fact)))
        .flatMap((fact) => judgeOne(trigger, fact, byPlace, found)),
      ...(trigger.isEach ? oneFactARun(trigger, found) : []),
    ]);
}

function placeOf({ pipeline, trigger, kind, factId }: FoundDelivery): string {
  return `${pipeline} ${trigger} ${kind} ${factId}`;
}

function waitingIn(spec: PipelineSpec): readonly Waiting[] {
  return Object.entries(spec.triggers).flatMap(([trigger, drawn]) => {
    if (drawn.type === "schedule") return [];
    const legs = legsOf(drawn.condition);
    const { each, batch } = drawn.policy;
    const isPlain = legs.length === 1 && batch === undefined;
    return [{ pipeline: pipelineId(spec), trigger, legs, isEach: each, isPlain }];
  });
}

function legsOf(condition: ConditionSpec): readonly LegSpec[] {
  return condition.type === "leg" ? [condition.leg] : condition.of.flatMap(legsOf);
}

function matches({ source }: LegSpec, fact: Fact): boolean {
  switch (source.type) {
    case "dataset":
      return fact.kind === "update" && fact.of === source.dataset;
    case "event":
      return fact.kind === "event" && fact.of === source.event;
    case "pipeline":
      if (fact.kind !== "run" || fact.of !== source.pipeline) return false;
      return (
        source.on === "completion" || (source.on === "success") === (fact.state === "succeeded")
      );
    // Stories listen to no patterns.
    case "events":
    case "pattern":
      return false;
  }
}

function judgeOne(
  { pipeline, trigger, isPlain }: Waiting,
  { kind, id }: Fact,
  byPlace: ReadonlyMap<string, readonly FoundDelivery[]>,
  { paused }: Found,
): readonly Violation[] {
  const mine = byPlace.get(`${pipeline} ${trigger} ${kind} ${id}`) ?? [];
  const where = `${kind} ${id} at ${pipeline}.${trigger}`;
  const [only] = mine;
  if (only === undefined || mine.length > 1) {
    const invariant = only === undefined ? "I1" : "I2";
    return [{ invariant, what: `${where} was delivered ${mine.length} times`, detail: { id } }];
  }
  const { disposition, runId } = only;
  if (OPEN.has(disposition) && isPlain && !paused.has(pipeline)) {
    return [
      { invariant: "I1", what: `${where} was never dealt with`, detail: { id, disposition } },
    ];
  }
  if (STARTED.has(disposition) === (runId === null)) {
    const what = `${where} is ${disposition}, and its run is ${runId}`;
    return [{ invariant: "I12", what, detail: { id } }];
  }
  return [];
}

function oneFactARun({ pipeline, trigger }: Waiting, found: Found): readonly Violation[] {
  const consumed = Map.groupBy(
    found.deliveries.filter((each) => each.pipeline === pipeline && each.trigger === trigger),
    ({ runId }) => runId,
  );
  return found.runs
    .filter((run) => run.pipeline === pipeline && run.trigger === trigger && !run.isRepeat)
    .flatMap(({ id }) => {
      const count = consumed.get(id)?.length ?? 0;
      if (count === 1) return [];
      const what = `run_${id} of ${pipeline}.${trigger} consumed ${count} facts, and takes each alone`;
      return [{ invariant: "I2" as const, what, detail: { id, count } }];
    });
}
