import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import type { ConditionSpec, SourceSpec } from "../spec/trigger-spec.ts";
import type { Cycle } from "./cycle.ts";
import { resolve } from "./resolution.ts";

const NAMES = ["d/p0", "d/p1", "d/p2", "d/p3", "d/p4", "d/p5", "d/p6"];
const DATASETS = ["d/p0", "d/x", "d/y", "d/z"];
const EVENTS = ["d/x", "e"];

/** One pipeline, in few words. */
interface Model {
  readonly produces: readonly string[];
  readonly publishes: readonly string[];
  readonly reads: readonly string[];
  readonly waitFor: readonly string[];
  readonly calls: readonly string[];
  readonly on: readonly ConditionSpec[];
}

const some = (of: readonly string[]) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    fc.uniqueArray(fc.constantFrom(...of), { maxLength: 2 }),
  );
const source: fc.Arbitrary<SourceSpec> = fc.oneof(
  fc.constantFrom(...DATASETS).map((dataset) => ({ type: "dataset" as const, dataset })),
  fc.constantFrom(...EVENTS).map((event) => ({ type: "event" as const, event })),
  fc.record({
    type: fc.constant("pipeline" as const),
    pipeline: fc.constantFrom(...NAMES),
    on: fc.constantFrom("success", "failure", "completion"),
  }),
);
const condition = fc.letrec<{ any: ConditionSpec; leg: ConditionSpec; nested: ConditionSpec }>(
  (tie) => ({
    leg: source.map((from) => ({ type: "leg", leg: { source: from, where: null, partition: {} } })),
    nested: fc
      .tuple(
        fc.constantFrom("all", "any", "atLeast"),
        fc.array(tie("any"), { minLength: 1, maxLength: 3 }),
      )
      .map(([type, of]) => ({ type, of, count: Math.min(2, of.length) }) as ConditionSpec),
    any: fc.oneof({ maxDepth: 3 }, tie("leg"), tie("nested")),
  }),
).any;
const model: fc.Arbitrary<Model> = fc.record({
  produces: some(DATASETS),
  publishes: some(EVENTS),
  reads: some(DATASETS),
  waitFor: some(NAMES),
  calls: some(NAMES),
  on: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(condition, { maxLength: 2 })),
});
const models = fc.array(model, { minLength: 1, maxLength: NAMES.length });
/** For what spreads: everybody listens, and most have something to tell. */
const talkative = fc.array(
  fc.record({
    produces: fc.subarray(DATASETS, { maxLength: 2 }),
    publishes: some(EVENTS),
    reads: some(DATASETS),
    waitFor: some(NAMES),
    calls: some(NAMES),
    on: fc.array(condition, { minLength: 1, maxLength: 2 }),
  }),
  { minLength: 4, maxLength: NAMES.length },
);

function toSpecs(pipelines: readonly Model[]): PipelineSpec[] {
  return pipelines.map(({ produces, publishes, reads, waitFor, calls, on }, at) => {
    const outputs = [
      ...produces.map((dataset) => ({ type: "dataset", dataset })),
      ...publishes.map((event) => ({ type: "event", event })),
    ];
    const inputs = reads.map((dataset) => ({ dataset, previous: false }));
    const triggers = on.map((of) => ({ type: "datasets", enabled: true, condition: of }));
    const task = {
      name: "work",
      produces: Object.fromEntries(outputs.entries()),
      consumes: Object.fromEntries(inputs.entries()),
      waitFor,
      calls: calls.map((pipeline) => ({ pipeline, wait: true })),
    };
    return {
      namespace: "d",
      name: `p${at}`,
      triggers: Object.fromEntries(triggers.entries()),
      tasks: [task],
    } as unknown as PipelineSpec;
  });
}

const legsOf = (of: ConditionSpec): SourceSpec[] =>
  of.type === "leg" ? [of.leg.source] : of.of.flatMap(legsOf);

/** Whether `from` leads to `to`, looked up anew in the models: no graph, no sharing of our code. */
function leads(
  pipelines: readonly Model[],
  from: string,
  to: string,
  kind: Cycle["kind"],
): boolean {
  const [one, other] = [pipelines[NAMES.indexOf(from)], pipelines[NAMES.indexOf(to)]];
  const legs = (other?.on ?? []).flatMap(legsOf);
  const isLeg = legs.some((leg) => {
    if (leg.type === "pipeline") return leg.pipeline === from;
    if (leg.type === "dataset") return one?.produces.includes(leg.dataset);
    return leg.type === "event" && one?.publishes.includes(leg.event);
  });
  if (isLeg) return true;
  if (kind === "start") return one?.calls.includes(to) ?? false;
  const isRead = other?.reads.some((dataset) => one?.produces.includes(dataset)) ?? false;
  return (
    isRead || (other?.waitFor.includes(from) ?? false) || (other?.calls.includes(from) ?? false)
  );
}

/** Distances by looking at every pair again and again. */
function distances(
  pipelines: readonly Model[],
  from: string,
  kind: Cycle["kind"],
  forth: boolean,
): Map<string, number> {
  const found = new Map<string, number>();
  let edge = [from];
  for (let distance = 1; edge.length > 0; distance++) {
    const next = NAMES.filter(
      (name) =>
        !found.has(name) &&
        edge.some((at) =>
          forth ? leads(pipelines, at, name, kind) : leads(pipelines, name, at, kind),
        ),
    );
    for (const name of next) found.set(name, distance);
    edge = next;
  }
  return found;
}

const isLoop = (pipelines: readonly Model[], name: string, kind: Cycle["kind"]) =>
  distances(pipelines, name, kind, true).has(name);

test("what pipelines lead to, near and far, is what the declarations say", () => {
  fc.assert(
    fc.property(
      models,
      fc.constantFrom(...NAMES),
      fc.constantFrom(1, 2, Infinity),
      (pipelines, from, depth) => {
        const graph = resolve(toSpecs(pipelines));
        for (const forth of [true, false]) {
          const reached = forth ? graph.downstream(from, depth) : graph.upstream(from, depth);
          const wanted = [...distances(pipelines, from, "dependency", forth)].filter(
            ([, far]) => far <= depth,
          );
          expect(new Map(reached.map(({ pipeline, distance }) => [pipeline, distance]))).toEqual(
            new Map(wanted),
          );
          const far = reached.map(({ distance }) => distance);
          expect(far).toEqual(far.toSorted((one, other) => one - other));
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("a graph has cycles exactly when a pipeline leads to itself, and each told loop is one", () => {
  let cyclic = 0;
  fc.assert(
    fc.property(models, (pipelines) => {
      const { cycles } = resolve(toSpecs(pipelines));
      const looping = NAMES.filter((name) => isLoop(pipelines, name, "dependency"));
      const groups = new Set(
        looping.map((name) =>
          looping
            .filter(
              (other) =>
                distances(pipelines, name, "dependency", true).has(other) &&
                distances(pipelines, other, "dependency", true).has(name),
            )
            .join(),
        ),
      );
      expect(cycles.filter(({ kind }) => kind === "dependency")).toHaveLength(groups.size);
      const starting = NAMES.some((name) => isLoop(pipelines, name, "start"));
      expect(cycles.length > 0).toBe(groups.size > 0 || starting);
      for (const { kind, steps } of cycles) {
        for (const [at, { pipeline, via }] of steps.entries()) {
          const next = steps[(at + 1) % steps.length]?.pipeline ?? "";
          expect(leads(pipelines, pipeline, next, kind)).toBe(true);
          const made = pipelines[NAMES.indexOf(pipeline)];
          if (via.type === "dataset" && made?.produces.includes(via.name) !== true)
            throw new Error(via.name);
          if (via.type === "event" && made?.publishes.includes(via.name) !== true)
            throw new Error(via.name);
        }
        expect(new Set(steps.map(({ pipeline }) => pipeline)).size, "no pipeline twice").toBe(
          steps.length,
        );
        cyclic += 1;
      }
    }),
    { numRuns: 500 },
  );
  expect(cyclic, "the random graphs have cycles").toBeGreaterThan(50);
});

test("without cycles each pipeline comes after what it depends on, on the level of its longest way", () => {
  fc.assert(
    fc.property(
      models,
      fc.array(fc.nat(100), { minLength: NAMES.length, maxLength: NAMES.length }),
      (pipelines, durations) => {
        const graph = resolve(toSpecs(pipelines));
        fc.pre(graph.cycles.length === 0);
        const before = (name: string) =>
          NAMES.filter((other) => leads(pipelines, other, name, "dependency"));
        const levelOf = (name: string): number =>
          Math.max(0, ...before(name).map((other) => levelOf(other) + 1));
        const order = graph.order();
        const places = new Map(order.map(({ pipeline }, at) => [pipeline, at]));
        expect(new Set(places.keys())).toEqual(new Set(graph.pipelines));
        for (const { pipeline, level } of order) {
          expect(level).toBe(levelOf(pipeline));
          for (const other of before(pipeline)) {
            expect(places.get(other) ?? -1).toBeLessThan(places.get(pipeline) ?? -1);
          }
        }
        const durationMsOf = (name: string) => durations[NAMES.indexOf(name)] ?? 0;
        const endMs = (name: string): number =>
          durationMsOf(name) + Math.max(0, ...before(name).map(endMs));
        const named = new Set([
          ...graph.pipelines,
          ...graph.links().flatMap(({ from }) => (from.type === "pipeline" ? [from.name] : [])),
        ]);
        const path = graph.criticalPath(durationMsOf);
        expect(path.totalMs).toBe(Math.max(...[...named].map(endMs)));
        expect(path.pipelines.reduce((sum, name) => sum + durationMsOf(name), 0)).toBe(
          path.totalMs,
        );
      },
    ),
    { numRuns: 300 },
  );
});

/** By definition: until nothing changes, whatever is satisfied runs and makes its facts. */
function runsByRule(pipelines: readonly Model[], dataset: string): Set<string> {
  const facts = new Set([`dataset ${dataset}`]);
  const holds = (of: ConditionSpec): boolean => {
    if (of.type === "leg") {
      const { source: from } = of.leg;
      if (from.type === "pipeline")
        return from.on !== "failure" && facts.has(`pipeline ${from.pipeline}`);
      if (from.type === "dataset") return facts.has(`dataset ${from.dataset}`);
      return from.type === "event" && facts.has(`event ${from.event}`);
    }
    const held = of.of.filter(holds).length;
    return held >= (of.type === "all" ? of.of.length : of.type === "any" ? 1 : of.count);
  };
  const runs = new Set<string>();
  for (let size = -1; size !== runs.size + facts.size;) {
    size = runs.size + facts.size;
    for (const [at, { on, produces, publishes, calls }] of pipelines.entries()) {
      const name = NAMES[at] ?? "";
      if (!runs.has(name) && !on.some(holds)) continue;
      runs.add(name);
      for (const made of produces) facts.add(`dataset ${made}`);
      for (const told of publishes) facts.add(`event ${told}`);
      for (const called of calls) runs.add(called);
    }
    for (const name of runs) facts.add(`pipeline ${name}`);
  }
  return runs;
}

test("what would run is what the conditions say, until nothing changes", () => {
  let far = 0;
  fc.assert(
    fc.property(talkative, fc.constantFrom(...DATASETS), (pipelines, dataset) => {
      const graph = resolve(toSpecs(pipelines));
      const would = graph.wouldRun(dataset);
      const runs = would.filter(({ state }) => state === "runs").map(({ pipeline }) => pipeline);
      const isKnown = graph.datasets.includes(dataset);
      expect(runs.toSorted()).toEqual(
        isKnown ? [...runsByRule(pipelines, dataset)].toSorted() : [],
      );
      for (const part of would.filter(({ state }) => state === "part")) {
        expect(runs).not.toContain(part.pipeline);
        expect(part.missing.length).toBeGreaterThan(0);
      }
      far += runs.length > 1 ? 1 : 0;
    }),
    { numRuns: 500 },
  );
  expect(far, "updates carry far").toBeGreaterThan(10);
});

test("a pipeline is ready exactly when no dataset of it is missing", () => {
  fc.assert(
    fc.property(models, fc.subarray(DATASETS), (pipelines, available) => {
      const ready = pipelines.flatMap(({ reads, on }, at) => {
        const legs = on
          .flatMap(legsOf)
          .flatMap((leg) => (leg.type === "dataset" ? [leg.dataset] : []));
        return [...reads, ...legs].every((dataset) => available.includes(dataset))
          ? [NAMES[at]]
          : [];
      });
      expect(resolve(toSpecs(pipelines)).readyPipelines(new Set(available))).toEqual(ready);
    }),
    { numRuns: 300 },
  );
});
