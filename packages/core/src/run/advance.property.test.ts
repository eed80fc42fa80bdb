import fc from "fast-check";
import { expect, test } from "vitest";
import { present } from "../lib/assert.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import { RUN_IF_RULES, type TaskSpec } from "../spec/task-spec.ts";
import { type Advance, advance, type TaskView } from "./advance.ts";
import { compileGraph, type RunGraph } from "./run-graph.ts";
import { isTerminal, type TaskState } from "./states.ts";

interface Drawn {
  readonly upstream: readonly number[];
  readonly rule: number;
  readonly isMap: boolean;
  readonly isBranch: boolean;
  readonly gate: number;
  readonly fails: boolean;
  readonly items: number;
}

/** A task may look at any task before it: so every draw is a DAG, and shapes shrink well. */
const drawn: fc.Arbitrary<Drawn> = fc.record({
  upstream: fc.uniqueArray(fc.nat(9), { maxLength: 3 }),
  rule: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(RUN_IF_RULES.length - 1)),
  isMap: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.boolean()),
  isBranch: fc.boolean(),
  gate: fc.nat(20),
  fails: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, fc.boolean()),
  items: fc.nat(4),
});
const draws = fc.array(drawn, { minLength: 1, maxLength: 10 });

function toGraph(tasks: readonly Drawn[], maxParallelTasks: number): RunGraph {
  const specs = tasks.map((task, index): TaskSpec => {
    const upstream = task.upstream.filter((up) => up < index);
    const first = upstream[0];
    const isMap = task.isMap && first !== undefined;
    const gate = task.gate < index ? tasks[task.gate] : undefined;
    const kindOf = isMap ? "map" : task.isBranch ? "branch" : "task";
    const branch = gate?.isBranch === true && !(gate.isMap && gate.upstream.length > 0);
    return {
      name: `t${index}`,
      kind: kindOf,
      needs: Object.fromEntries(upstream.map((up) => [`t${up}`, { task: `t${up}`, path: [] }])),
      over: isMap ? { task: `t${first}`, path: [] } : null,
      maxParallel: isMap && task.items > 2 ? 2 : null,
      when: branch ? { task: `t${task.gate}`, is: "way", way: "left" } : null,
      runIf: present(RUN_IF_RULES[task.rule]),
      produces: {},
      consumes: {},
      waitFor: [],
      calls: [],
      retries: { limit: 0, backoff: "fixed", delayMs: 0, maxMs: 0, jitter: false },
      timeoutMs: 1_000,
      queue: "default",
      priority: 0,
    };
  });
  const spec: PipelineSpec = {
    format: 1,
    namespace: "default",
    name: "p",
    partitions: {},
    params: null,
    triggers: {},
    tasks: specs,
    result: null,
    datasets: {},
    events: {},
    maxActiveRuns: null,
    maxParallelTasks,
  };
  return compileGraph(spec);
}

interface Flight {
  readonly task: number;
  readonly item: number;
}

/** A store of one run: applies advances, and ends what is in flight in an order drawn by chance. */
class Run {
  readonly views: (TaskView | undefined)[] = [];
  readonly flights: Flight[] = [];
  readonly started: string[] = [];
  end: Advance["end"] = null;
  flightsMax = 0;
  readonly #graph: RunGraph;
  readonly #tasks: readonly Drawn[];

  constructor(graph: RunGraph, tasks: readonly Drawn[]) {
    this.#graph = graph;
    this.#tasks = tasks;
  }

  step(cancelling = false): void {
    const plan = advance(this.#graph, this.views, { cancelling });
    for (const task of plan.start) {
      this.views[task] = { state: "queued", way: null, items: null };
      this.#fly({ task, item: -1 });
    }
    for (const { task, from, to } of plan.items) {
      for (let item = from; item < to; item++) this.#fly({ task, item });
      const view = present(this.views[task]);
      this.views[task] = { ...view, items: { ...present(view.items), next: to } };
    }
    for (const { task, state } of plan.settle) {
      expect(isTerminal(present(this.views[task]?.state ?? "queued"))).toBe(false);
      this.views[task] = { state, way: null, items: this.views[task]?.items ?? null };
    }
    for (const task of plan.expand) {
      const total = present(this.#tasks[task]).items;
      this.views[task] = {
        state: "waiting",
        way: null,
        items: { total, next: 0, done: 0, failed: 0, skipped: 0 },
      };
    }
    this.flightsMax = Math.max(this.flightsMax, this.flights.length);
    this.end = plan.end;
    if (plan.expand.length > 0) this.step(cancelling);
  }

  land(place: number): void {
    const [flight] = this.flights.splice(place % this.flights.length, 1);
    const { task, item } = present(flight);
    const { fails, gate } = present(this.#tasks[task]);
    const view = present(this.views[task]);
    if (item < 0) {
      this.views[task] = {
        state: fails ? "failed" : "succeeded",
        way: gate % 2 === 0 ? "left" : "right",
        items: null,
      };
      return;
    }
    const items = present(view.items);
    const failed = items.failed + (fails ? 1 : 0);
    this.views[task] = { ...view, items: { ...items, done: items.done + 1, failed } };
  }

  get states(): (TaskState | undefined)[] {
    return this.#graph.tasks.map(({ index }) => this.views[index]?.state);
  }

  #fly(flight: Flight): void {
    this.started.push(`${flight.task}/${flight.item}`);
    this.flights.push(flight);
  }
}

function play(tasks: readonly Drawn[], slots: number, order: () => number): Run {
  const graph = toGraph(tasks, slots);
  const run = new Run(graph, tasks);
  run.step();
  while (run.flights.length > 0) {
    run.land(order());
    run.step();
  }
  return run;
}

test("every run ends, starts each task once, and keeps to its limit", () => {
  fc.assert(
    fc.property(
      draws,
      fc.integer({ min: 1, max: 4 }),
      fc.infiniteStream(fc.nat(9)),
      (tasks, slots, chance) => {
        const run = play(tasks, slots, () => present(chance.next().value, "chance"));
        expect(run.end, JSON.stringify(run.states)).not.toBeNull();
        expect(new Set(run.started).size, "nothing starts twice").toBe(run.started.length);
        expect(run.flightsMax, "the limit holds").toBeLessThanOrEqual(slots);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("the outcome does not depend on which task ended sooner, nor on the limit", () => {
  // Rules that start early see what is there at the time; without them, order means nothing.
  const early = new Set(["at_least_one_success", "at_least_one_failed", "at_least_one_done"]);
  fc.assert(
    fc.property(draws, fc.infiniteStream(fc.nat(9)), (all, chance) => {
      const tasks = all.map((task) =>
        early.has(present(RUN_IF_RULES[task.rule])) ? { ...task, rule: 0 } : task,
      );
      const first = play(tasks, 10, () => 0);
      const second = play(tasks, 2, () => present(chance.next().value, "chance"));
      expect(second.states).toEqual(first.states);
      expect(second.end).toEqual(first.end);
    }),
    { numRuns: 2_000 },
  );
});

test("a run fails exactly when one of its leaves failed", () => {
  fc.assert(
    fc.property(draws, (tasks) => {
      const run = play(tasks, 10, () => 0);
      const { leaves } = toGraph(tasks, 10);
      const bad = leaves.some((leaf) => /failed/.test(run.states[leaf] ?? ""));
      expect(run.end?.state).toBe(bad ? "failed" : "succeeded");
    }),
    { numRuns: 1_000 },
  );
});

test("after a cancel nothing starts, and the run ends when what is in flight has landed", () => {
  fc.assert(
    fc.property(draws, fc.nat(5), fc.integer({ min: 1, max: 4 }), (tasks, steps, slots) => {
      const run = new Run(toGraph(tasks, slots), tasks);
      run.step();
      for (let step = 0; step < steps && run.flights.length > 0; step++) {
        run.land(0);
        run.step();
      }
      if (run.end !== null) return;
      const before = run.started.length;
      run.step(true);
      while (run.flights.length > 0) {
        expect(run.end).toBeNull();
        run.land(0);
        run.step(true);
      }
      expect(run.started).toHaveLength(before);
      expect(run.end).toEqual({ state: "cancelled", reason: null });
    }),
    { numRuns: 1_000 },
  );
});
