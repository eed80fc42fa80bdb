import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pipeline } from "../index.ts";
import { definitionOf, type TaskSpec } from "../internal.ts";
import { checkReachable } from "./check-reachable.ts";
import { checkTaskOrder } from "./check-task-order.ts";

const [template] = definitionOf(pipeline("p", {}, ({ task }) => task("t", () => 1))).spec.tasks;

function taskOf(name: string, needs: readonly string[], rest: Partial<TaskSpec> = {}): TaskSpec {
  const refs = Object.fromEntries(needs.map((need) => [need, { task: need, path: [] }]));
  return { ...(template as TaskSpec), name, needs: refs, ...rest };
}

describe("a cycle of tasks", () => {
  test("is named whole, in the order in which data would flow", () => {
    const tasks = [taskOf("a", ["c"]), taskOf("b", ["a"]), taskOf("c", ["b"]), taskOf("d", ["c"])];
    expect(checkTaskOrder(tasks)).toEqual([
      'task "a": it waits for itself: a → b → c → a; take one of these needs away, or split the task in two.',
    ]);
  });

  test("is found through over and when as well", () => {
    const tasks = [
      taskOf("a", [], { over: { task: "b", path: [] } }),
      taskOf("b", [], { when: { task: "a", is: "done" } }),
    ];
    expect(checkTaskOrder(tasks)).toEqual([expect.stringContaining("a → b → a")]);
  });

  test("is told of for each loop", () => {
    const tasks = [taskOf("a", ["b"]), taskOf("b", ["a"]), taskOf("c", ["d"]), taskOf("d", ["c"])];
    expect(checkTaskOrder(tasks)).toHaveLength(2);
  });
});

test("a cycle is told of exactly when there is one, and every arrow in it is a need", () => {
  const edges = fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 16 });
  fc.assert(
    fc.property(edges, (pairs) => {
      const proper = pairs.filter(([from, to]) => from !== to);
      const needs = (task: number): string[] => [
        ...new Set(proper.filter(([, to]) => to === task).map(([from]) => `t${from}`)),
      ];
      const tasks = Array.from({ length: 8 }, (_, index) => taskOf(`t${index}`, needs(index)));
      const problems = checkTaskOrder(tasks);
      expect(problems.length > 0).toBe(hasCycle(8, proper));
      for (const problem of problems) {
        const loop = /itself: (.*?);/.exec(problem)?.[1]?.split(" → ") ?? [];
        expect(loop[0]).toBe(loop.at(-1));
        for (const [index, name] of loop.slice(1).entries()) {
          expect(tasks.find((task) => task.name === name)?.needs).toHaveProperty(loop[index] ?? "");
        }
      }
    }),
    { numRuns: 500 },
  );
});

/** By brute force: whether some task reaches itself. */
function hasCycle(count: number, edges: readonly (readonly [number, number])[]): boolean {
  const reach = Array.from({ length: count }, (_, from) =>
    Array.from({ length: count }, (__, to) => edges.some(([a, b]) => a === from && b === to)),
  );
  for (let via = 0; via < count; via += 1) {
    for (const row of reach) {
      if (!row[via]) continue;
      for (let to = 0; to < count; to += 1) row[to] ||= reach[via]?.[to] ?? false;
    }
  }
  return reach.some((row, index) => row[index]);
}

describe("a task that can never start", () => {
  const branch = taskOf("way", [], { kind: "branch" });
  const on = (name: string, way: string, rest: Partial<TaskSpec> = {}): TaskSpec =>
    taskOf(name, [], { when: { task: "way", is: "way", way }, ...rest });

  test("asks for two ways of one branch, be it through others", () => {
    const needs = { l: { task: "left", path: [] } };
    expect(checkReachable([branch, on("left", "l"), on("both", "r", { needs })])).toEqual([
      'task "both": it can never start, since it waits for branch "way" to take the way "r" and branch "way" to take the way "l"; take one of the two away, or give it another run-if rule.',
    ]);
    const far = [
      branch,
      on("left", "l"),
      taskOf("mid", ["left"]),
      on("right", "r"),
      taskOf("end", ["mid", "right"]),
    ];
    expect(checkReachable(far)).toEqual([expect.stringContaining('task "end"')]);
  });

  test("asks for two ways, also when it asks for the branch's success first", () => {
    const tasks = [
      branch,
      on("left", "l"),
      on("right", "r"),
      taskOf("end", ["way", "left", "right"]),
    ];
    expect(checkReachable(tasks)).toEqual([expect.stringContaining('task "end"')]);
  });

  test("asks for success and failure of one task", () => {
    const load = taskOf("load", []);
    const use = taskOf("use", ["load"]);
    const mend = taskOf("mend", ["use"], { when: { task: "load", is: "failed" } });
    expect(checkReachable([load, use, mend])).toEqual([expect.stringContaining('task "mend"')]);
  });

  test("is told of once, not again for what lies behind it", () => {
    const needs = { l: { task: "left", path: [] } };
    const tasks = [branch, on("left", "l"), on("both", "r", { needs }), taskOf("after", ["both"])];
    expect(checkReachable(tasks)).toHaveLength(1);
  });

  test("is none when another rule lets it start", () => {
    const needs = { l: { task: "left", path: [] } };
    const join = on("join", "r", { needs, runIf: "all_done" });
    expect(checkReachable([branch, on("left", "l"), join])).toEqual([]);
    expect(
      checkReachable([
        branch,
        on("a", "l"),
        on("b", "l", { needs: { a: { task: "a", path: [] } } }),
      ]),
    ).toEqual([]);
    const mend = taskOf("mend", ["load"], {
      when: { task: "load", is: "failed" },
      runIf: "all_done",
    });
    expect(checkReachable([taskOf("load", []), mend])).toEqual([]);
  });
});
