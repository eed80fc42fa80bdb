import fc from "fast-check";
import { expect, test } from "vitest";
import type { ConditionSpec } from "../spec/trigger-spec.ts";
import { compileCondition } from "./compile-condition.ts";
import { evaluate, type PendingDelivery } from "./evaluate.ts";

const LEGS = 4;

const leaf = fc.nat(LEGS - 1).map((n): ConditionSpec => ({
  type: "leg",
  leg: { source: { type: "dataset", dataset: `default/d${n}` }, where: null, partition: {} },
}));
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

const arrivals = fc.array(fc.nat(LEGS - 1), { maxLength: 30 });
const cuts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 30, maxLength: 30 });

function toDeliveries(
  compiled: ReturnType<typeof compileCondition>,
  sources: readonly number[],
): PendingDelivery[] {
  return sources.flatMap((source, index) => {
    const legs = compiled.legs.flatMap((leg, number) =>
      leg.source.type === "dataset" && leg.source.dataset === `default/d${source}` ? [number] : [],
    );
    return legs.length === 0 ? [] : [{ id: index, position: index, legs }];
  });
}

test("the same positions give the same runs, however the arrivals are cut into evaluations", () => {
  fc.assert(
    fc.property(condition, arrivals, cuts, fc.boolean(), (spec, sources, sizes, each) => {
      const compiled = compileCondition(spec);
      fc.pre(!compiled.simple || each);
      const deliveries = toDeliveries(compiled, sources);
      const whole = evaluate(compiled, { each }, deliveries).fires.map(idsOf);

      const pieces: number[][] = [];
      let waiting: PendingDelivery[] = [];
      let from = 0;
      for (const size of sizes) {
        waiting = [...waiting, ...deliveries.slice(from, from + size)];
        from += size;
        const { fires } = evaluate(compiled, { each }, waiting);
        pieces.push(...fires.map(idsOf));
        const consumed = new Set(fires.flatMap(idsOf));
        waiting = waiting.filter(({ id }) => !consumed.has(id));
      }
      expect(pieces).toEqual(whole);
    }),
    { numRuns: 2_000 },
  );
});

test("every delivery is in one run at most, in order, and the last of a run completes it", () => {
  fc.assert(
    fc.property(condition, arrivals, fc.boolean(), (spec, sources, each) => {
      const compiled = compileCondition(spec);
      const deliveries = toDeliveries(compiled, sources);
      const { fires, waiting } = evaluate(compiled, { each }, deliveries);
      const consumed = fires.flatMap(idsOf);
      expect(consumed).toEqual(deliveries.slice(0, consumed.length).map(({ id }) => id));
      expect(waiting === null).toBe(consumed.length === deliveries.length);
      for (const fire of fires.filter(() => !compiled.simple || each)) {
        const without = fire.consumed.slice(0, -1);
        expect(evaluate(compiled, { each }, without).fires).toEqual([]);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("what waits says which legs it has and which it misses", () => {
  const leg = (n: number): ConditionSpec => ({
    type: "leg",
    leg: { source: { type: "dataset", dataset: `default/d${n}` }, where: null, partition: {} },
  });
  const compiled = compileCondition({ type: "all", of: [leg(0), leg(1), leg(2)] });
  const { waiting } = evaluate(compiled, { each: false }, toDeliveries(compiled, [2, 2]));
  expect(waiting).toEqual({ has: [2], missing: [0, 1] });
});

function idsOf(fire: { readonly consumed: readonly PendingDelivery[] }): number[] {
  return fire.consumed.map(({ id }) => id);
}
