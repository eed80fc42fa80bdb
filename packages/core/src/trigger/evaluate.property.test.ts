import fc from "fast-check";
import { expect, test } from "vitest";
import type { ConditionSpec, PolicySpec } from "../spec/trigger-spec.ts";
import { compileCondition } from "./compile-condition.ts";
import {
  evaluate,
  type GroupRules,
  type GroupState,
  isPlain,
  NEW_GROUP,
  type PendingDelivery,
  type Step,
} from "./evaluate.ts";

const LEGS = 4;
const MINUTE = 60_000;

const source = (n: number) => ({ type: "dataset", dataset: `default/d${n}` }) as const;
const leaf = fc
  .record({ n: fc.nat(LEGS - 1), age: fc.option(fc.integer({ min: 1, max: 60 }), { nil: null }) })
  .map(({ n, age }): ConditionSpec => {
    const leg = { source: source(n), where: null, partition: {} };
    return { type: "leg", leg: age === null ? leg : { ...leg, maxAgeMs: age * MINUTE } };
  });
const condition = fc.letrec<{ node: ConditionSpec }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc
      .record({
        type: fc.constantFrom("all" as const, "any" as const),
        of: fc.array(tie("node"), { minLength: 1, maxLength: 3 }),
      })
      .map((inner): ConditionSpec => inner),
    fc
      .array(tie("node"), { minLength: 2, maxLength: 3 })
      .map((of): ConditionSpec => ({ type: "atLeast", count: 2, of })),
  ),
})).node;

const minutes = fc.integer({ min: 1, max: 90 }).map((count) => count * MINUTE);
const batch = fc.oneof(
  fc.integer({ min: 1, max: 4 }).map((max) => ({ max })),
  minutes.map((quietMs) => ({ quietMs })),
  fc
    .record({ max: fc.integer({ min: 1, max: 4 }), quietMs: minutes, wait: minutes })
    .map(({ max, quietMs, wait }) => ({ max, quietMs, maxWaitMs: quietMs + wait })),
);
const deadline = fc.record({
  due: fc.oneof(
    minutes.map((afterMs) => ({ afterMs })),
    fc.constant({ at: "01:30", timezone: "Europe/Oslo" }),
  ),
  then: fc.constantFrom("run-partial" as const, "skip" as const, "alert" as const),
  late: fc.constantFrom("record" as const, "rerun" as const),
});
const policy: fc.Arbitrary<PolicySpec> = fc.record(
  {
    each: fc.boolean(),
    batch,
    withinMs: minutes,
    reset: fc.constant({ at: "01:00", timezone: "America/New_York" }),
    deadline,
  },
  { requiredKeys: ["each"] },
);

interface Arrival {
  readonly source: number;
  readonly gapMs: number;
  /** Evaluations before the next arrival, each so long after the one before it. */
  readonly looks: readonly number[];
}
const arrivals: fc.Arbitrary<Arrival[]> = fc.array(
  fc.record({
    source: fc.nat(LEGS - 1),
    gapMs: fc.oneof(fc.constant(0), fc.nat(40 * MINUTE)),
    looks: fc.array(fc.nat(30 * MINUTE), { maxLength: 3 }),
  }),
  { maxLength: 25 },
);

const START = Date.UTC(2026, 2, 28, 22);

/** Deliveries, and for each the moments between it and the next at which somebody looks. */
function timeline(rules: GroupRules, list: readonly Arrival[]) {
  let at = START;
  const events: { readonly delivery: PendingDelivery; readonly looks: readonly number[] }[] = [];
  list.forEach(({ source: n, gapMs, looks }, index) => {
    const position = index + 1;
    const legs = rules.condition.legs.flatMap((leg, number) =>
      leg.source.type === "dataset" && leg.source.dataset === source(n).dataset ? [number] : [],
    );
    const delivery = { id: position, position, legs, at, member: "{}" };
    const moments = looks.map((ms) => Math.min(at + ms, at + gapMs)).toSorted((a, b) => a - b);
    if (legs.length > 0) events.push({ delivery, looks: moments });
    at += gapMs;
  });
  return { events, end: at + 2 * 24 * 60 * MINUTE };
}

function rulesOf(spec: ConditionSpec, given: PolicySpec, isKeyed: boolean): GroupRules {
  const condition = compileCondition(spec);
  return { condition, policy: given, isKeyed, required: () => null, known: () => new Set() };
}

function told(step: Step<PendingDelivery>): object {
  if (step.type === "fire") {
    const { cause, by, at, missing } = step;
    return { cause, by, at, missing, ids: step.consumed.map(({ id }) => id) };
  }
  const of = step.type === "expire" ? step.expired : step.pending;
  return { type: step.type, at: step.at, ids: of.map(({ id }) => id) };
}

const gone = (steps: readonly Step<PendingDelivery>[]): ReadonlySet<number> =>
  new Set(
    steps.flatMap((step) =>
      step.type === "alert"
        ? []
        : (step.type === "fire" ? step.consumed : step.expired).map(({ id }) => id),
    ),
  );

const [seed = 1] = fc.sample(fc.noBias(fc.integer()), 1);
const cases = { numRuns: 2_000, seed };

test(`the same positions and times give the same runs, however often and late one looks (2,000 cases, seed ${seed})`, () => {
  fc.assert(
    fc.property(condition, policy, arrivals, fc.boolean(), (spec, given, list, isKeyed) => {
      const rules = rulesOf(spec, given, isKeyed);
      fc.pre(!isPlain(rules));
      const { events, end } = timeline(rules, list);
      const all = events.map(({ delivery }) => delivery);
      const whole = evaluate(rules, NEW_GROUP, all, end);

      const pieces: object[] = [];
      let state: GroupState = NEW_GROUP;
      let waiting: readonly PendingDelivery[] = [];
      const look = (now: number): void => {
        const found = evaluate(rules, state, waiting, now);
        pieces.push(...found.steps.map(told));
        const done = gone(found.steps);
        waiting = waiting.filter(({ id }) => !done.has(id));
        ({ state } = found);
      };
      for (const { delivery, looks } of events) {
        waiting = [...waiting, delivery];
        looks.forEach(look);
      }
      look(end);
      expect(pieces).toEqual(whole.steps.map(told));
      expect(state.owed).toEqual(whole.state.owed);
      expect(waiting).toEqual(whole.waiting?.pending ?? []);
    }),
    cases,
  );
});

test("looking again decides nothing twice", () => {
  fc.assert(
    fc.property(condition, policy, arrivals, (spec, given, list) => {
      const rules = rulesOf(spec, given, true);
      const { events, end } = timeline(rules, list);
      const first = evaluate(
        rules,
        NEW_GROUP,
        events.map(({ delivery }) => delivery),
        end,
      );
      const again = evaluate(rules, first.state, first.waiting?.pending ?? [], end);
      expect(again.steps).toEqual([]);
    }),
    cases,
  );
});

test("every delivery runs, expires or waits, once, and a run's deliveries are in order", () => {
  fc.assert(
    fc.property(condition, policy, arrivals, (spec, given, list) => {
      const rules = rulesOf(spec, given, false);
      const { events, end } = timeline(rules, list);
      const all = events.map(({ delivery }) => delivery);
      const found = evaluate(rules, NEW_GROUP, all, end);
      const ends = found.steps.flatMap((step) =>
        step.type === "alert" ? [] : step.type === "fire" ? step.consumed : step.expired,
      );
      const waiting = found.waiting?.pending ?? [];
      const ids = [...ends, ...waiting].map(({ id }) => id).toSorted((a, b) => a - b);
      expect(ids).toEqual(all.map(({ id }) => id));
      for (const step of found.steps.filter(({ type }) => type === "fire")) {
        const places = told(step) as { ids: number[] };
        expect(places.ids).toEqual(places.ids.toSorted((a, b) => a - b));
        expect(places.ids).not.toEqual([]);
      }
    }),
    cases,
  );
});

test("all facts of one run lie within the window of each other", () => {
  fc.assert(
    fc.property(condition, minutes, arrivals, (spec, withinMs, list) => {
      const rules = rulesOf(spec, { each: true, withinMs }, false);
      const { events, end } = timeline(rules, list);
      const all = events.map(({ delivery }) => delivery);
      for (const step of evaluate(rules, NEW_GROUP, all, end).steps) {
        if (step.type !== "fire") continue;
        const times = step.consumed.map(({ at }) => at);
        expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(withinMs);
      }
    }),
    cases,
  );
});
