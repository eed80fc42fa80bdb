import fc from "fast-check";
import { expect, test } from "vitest";
import { present } from "../lib/assert.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import { RUN_IF_RULES, type TaskSpec } from "../spec/task-spec.ts";
import { type Advance, advance, type AdvanceOptions, type TaskView } from "./advance.ts";
import { compileGraph, type RunGraph } from "./run-graph.ts";
import { isTerminal, type TaskState } from "./states.ts";

interface Drawn {
  readonly upstream: readonly number[];
  readonly rule: number;
  readonly isMap: boolean;
  readonly isBranch: boolean;
  readonly gate: number;
  readonly ends: "succeeded" | "failed" | "skipped";
  /** Its attempts, or those of its items, wait once before they end. */
  readonly waits: boolean;
  readonly items: number;
  readonly group: "none" | "fast" | "narrow";
  readonly failFast: boolean;
}

/** A task may look at any task before it: so every draw is a DAG, and shapes shrink well. */
const drawn: fc.Arbitrary<Drawn> = fc.record({
  upstream: fc.uniqueArray(fc.nat(9), { maxLength: 3 }),
  rule: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(RUN_IF_RULES.length - 1)),
  isMap: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.boolean()),
  isBranch: fc.boolean(),
  gate: fc.nat(20),
  ends: fc.constantFrom("succeeded", "succeeded", "succeeded", "failed", "skipped"),
  waits: fc.boolean(),
  items: fc.nat(4),
  group: fc.constantFrom("none", "none", "fast", "narrow"),
  failFast: fc.boolean(),
});
const draws = fc.array(drawn, { minLength: 1, maxLength: 10 });

const NARROW_MAX = 2;

/** @param failsFast - Without it nothing cancels anything, and order means nothing. */
function toGraph(tasks: readonly Drawn[], maxParallelTasks: number, failsFast = true): RunGraph {
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
      ...(isMap && task.failFast && failsFast && { failFast: true }),
      ...(task.group !== "none" && { group: task.group }),
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
    groups: { fast: failsFast ? { failFast: true } : {}, narrow: { maxParallel: NARROW_MAX } },
  };
  return compileGraph(spec);
}

interface Flight {
  readonly task: number;
  readonly item: number;
}

const LAPS_MAX = 20;

/** These take a second or so; a machine that does other things as well takes longer. */
const LIMIT = { timeout: 30_000 };

/** A store of one run: applies advances, and ends what is in flight in an order drawn by chance. */
class Run {
  readonly views: (TaskView | undefined)[] = [];
  readonly flights: Flight[] = [];
  /** What waits before it may go on. */
  readonly waiting: Flight[] = [];
  readonly due: Flight[] = [];
  readonly started: string[] = [];
  end: Advance["end"] = null;
  flightsMax = 0;
  narrowMax = 0;
  readonly #waited: Set<string> = new Set();
  readonly #graph: RunGraph;
  readonly #tasks: readonly Drawn[];

  constructor(graph: RunGraph, tasks: readonly Drawn[]) {
    this.#graph = graph;
    this.#tasks = tasks;
  }

  step(options: AdvanceOptions = {}): void {
    for (let lap = 0; ; lap++) {
      expect(lap, "it says again and again the same").toBeLessThan(LAPS_MAX);
      const plan = advance(this.#graph, this.views, options);
      this.#apply(plan);
      this.end = plan.end;
      if (!plan.again || plan.end !== null) return;
    }
  }

  /** Ends one flight; when it has to wait first, it comes back at once or after another landing. */
  land(place: number): void {
    const [flight] = this.flights.splice(place % this.flights.length, 1);
    const { task, item } = present(flight);
    const { ends, waits } = present(this.#tasks[task]);
    const key = `${task}/${item}`;
    const { stop } = present(this.views[task]);
    if (waits && !this.#waited.has(key) && stop === undefined) {
      this.#waited.add(key);
      this.waiting.push(present(flight));
    } else if (stop !== undefined && ends !== "succeeded") this.#finish(present(flight), "stopped");
    else this.#finish(present(flight), ends);
    if (place % 2 === 0 || this.flights.length === 0) this.#comeBack();
    this.#count();
  }

  get states(): (TaskState | undefined)[] {
    return this.#graph.tasks.map(({ index }) => this.views[index]?.state);
  }

  #apply(plan: Advance): void {
    for (const { task, state, reason } of plan.stop) {
      const view = present(this.views[task]);
      expect(view.stop === undefined, "it is told once").toBe(true);
      this.views[task] = { ...view, stop: { state, reason } };
      const isHere = (flight: Flight): boolean => flight.task === task;
      const idle = [...this.waiting, ...this.due].filter(isHere);
      for (const list of [this.waiting, this.due]) {
        list.splice(0, list.length, ...list.filter((flight) => !isHere(flight)));
      }
      for (const flight of idle) this.#finish(flight, "stopped");
    }
    this.#count();
    for (const { task, count } of plan.resume) {
      const mine = this.due.filter((flight) => flight.task === task);
      expect(mine.length).toBeGreaterThanOrEqual(count);
      for (const flight of mine.slice(0, count)) {
        this.due.splice(this.due.indexOf(flight), 1);
        this.flights.push(flight);
      }
    }
    this.#count();
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
      const items = { total: present(this.#tasks[task]).items, next: 0, done: 0 };
      const counts = { ...items, failed: 0, skipped: 0 };
      this.views[task] = { state: "waiting", way: null, items: counts };
    }
    const narrow = this.flights.filter(({ task }) => this.#tasks[task]?.group === "narrow");
    this.narrowMax = Math.max(this.narrowMax, narrow.length);
    this.flightsMax = Math.max(this.flightsMax, this.flights.length);
  }

  #finish({ task, item }: Flight, ends: Drawn["ends"] | "stopped"): void {
    const view = present(this.views[task]);
    const { gate } = present(this.#tasks[task]);
    if (item < 0) {
      const state = ends === "stopped" ? present(view.stop).state : ends;
      this.views[task] = { state, way: gate % 2 === 0 ? "left" : "right", items: null };
      return;
    }
    const items = present(view.items);
    const isFailed = ends === "failed" || ends === "stopped";
    const failed = items.failed + (isFailed ? 1 : 0);
    const skipped = items.skipped + (ends === "skipped" ? 1 : 0);
    this.views[task] = { ...view, items: { ...items, done: items.done + 1, failed, skipped } };
  }

  #comeBack(): void {
    this.due.push(...this.waiting.splice(0));
  }

  /** Brings the views up to date with who waits. */
  #count(): void {
    const of = (list: readonly Flight[], task: number): number =>
      list.filter((flight) => flight.task === task).length;
    this.views.forEach((view, task) => {
      if (view === undefined || isTerminal(view.state)) return;
      const due = of(this.due, task);
      const waiting = of(this.waiting, task) + due;
      if (view.items === null) {
        const state = waiting > 0 ? "waiting" : "running";
        this.views[task] = { ...view, state, due: due > 0 };
      } else this.views[task] = { ...view, items: { ...view.items, waiting, due } };
    });
  }

  #fly(flight: Flight): void {
    this.started.push(`${flight.task}/${flight.item}`);
    this.flights.push(flight);
  }
}

function play(tasks: readonly Drawn[], graph: RunGraph, order: () => number): Run {
  const run = new Run(graph, tasks);
  run.step();
  while (run.flights.length > 0) {
    run.land(order());
    run.step();
  }
  return run;
}

test("every run ends, starts each task once, and keeps to its limits", LIMIT, () => {
  fc.assert(
    fc.property(
      draws,
      fc.integer({ min: 1, max: 4 }),
      fc.infiniteStream(fc.nat(9)),
      (tasks, slots, chance) => {
        const graph = toGraph(tasks, slots);
        const run = play(tasks, graph, () => present(chance.next().value, "chance"));
        expect(run.end, JSON.stringify(run.views)).not.toBeNull();
        expect(new Set(run.started).size, "nothing starts twice").toBe(run.started.length);
        expect(run.flightsMax, "the limit holds").toBeLessThanOrEqual(slots);
        expect(run.narrowMax, "the group's limit holds").toBeLessThanOrEqual(NARROW_MAX);
        const { leaves } = graph;
        const bad = leaves.some((leaf) => /failed|cancelled/.test(run.states[leaf] ?? ""));
        expect(run.end?.state).toBe(bad ? "failed" : "succeeded");
      },
    ),
    { numRuns: 250 },
  );
});

test("the outcome does not depend on which task ended sooner, nor on the limit", LIMIT, () => {
  fc.assert(
    fc.property(draws, fc.infiniteStream(fc.nat(9)), (tasks, chance) => {
      const first = play(tasks, toGraph(tasks, 10, false), () => 0);
      const order = () => present(chance.next().value, "chance");
      const second = play(tasks, toGraph(tasks, 2, false), order);
      expect(second.states).toEqual(first.states);
      expect(second.end).toEqual(first.end);
    }),
    { numRuns: 250 },
  );
});

test("once a task of a group that fails fast has failed, no other of it starts", LIMIT, () => {
  fc.assert(
    fc.property(draws, fc.infiniteStream(fc.nat(9)), (tasks, chance) => {
      const run = new Run(toGraph(tasks, 3), tasks);
      const isFast = (task: number): boolean => tasks[task]?.group === "fast";
      const startedOf = (): number =>
        run.started.filter((key) => isFast(Number(key.split("/")[0]))).length;
      run.step();
      let before: number | null = null;
      while (run.flights.length > 0) {
        run.land(present(chance.next().value, "chance"));
        run.step();
        const failed = run.states.some((state, task) => isFast(task) && state === "failed");
        if (failed) before ??= startedOf();
      }
      if (before === null) return;
      expect(startedOf()).toBe(before);
    }),
    { numRuns: 250 },
  );
});

test(
  "after a cancel nothing starts, and the run ends when what is in flight has landed",
  LIMIT,
  () => {
    fc.assert(
      fc.property(draws, fc.nat(5), fc.integer({ min: 1, max: 4 }), (all, steps, slots) => {
        const tasks = all.map((task) => ({ ...task, waits: false }));
        const run = new Run(toGraph(tasks, slots), tasks);
        run.step();
        for (let step = 0; step < steps && run.flights.length > 0; step++) {
          run.land(0);
          run.step();
        }
        if (run.end !== null) return;
        const before = run.started.length;
        const cancelling = { cancelling: true };
        run.step(cancelling);
        while (run.flights.length > 0) {
          expect(run.end).toBeNull();
          run.land(0);
          run.step(cancelling);
        }
        expect(run.started).toHaveLength(before);
        expect(run.end).toEqual({ state: "cancelled", reason: null });
      }),
      { numRuns: 250 },
    );
  },
);

test("while it is paused nothing starts, and afterwards it ends as it would have", LIMIT, () => {
  fc.assert(
    fc.property(draws, fc.nat(5), (tasks, steps) => {
      const graph = toGraph(tasks, 4, false);
      const run = new Run(graph, tasks);
      run.step();
      for (let step = 0; step < steps && run.flights.length > 0; step++) {
        run.land(0);
        run.step();
      }
      const before = run.started.length;
      while (run.flights.length > 0) {
        run.land(0);
        run.step({ paused: true });
      }
      expect(run.started).toHaveLength(before);
      run.step();
      while (run.flights.length > 0) {
        run.land(0);
        run.step();
      }
      expect(run.states).toEqual(play(tasks, graph, () => 0).states);
    }),
    { numRuns: 150 },
  );
});
