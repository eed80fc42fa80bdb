import { describe, expect, test } from "vitest";
import { z } from "zod";
import { daily, pipeline, pipelineRef, pool } from "../index.ts";
import { checkPipeline, definitionOf, present } from "../internal.ts";

const far = pipelineRef("far");
const base = definitionOf(
  pipeline(
    "p",
    {
      partitions: { date: daily({ start: "2026-01-01" }) },
      params: z.object({ customer: z.object({ id: z.string() }) }),
      concurrency: { key: "params.customer.id", limit: 1 },
      timeout: "6h",
    },
    ({ task, map, call, approval, poll, group }) => {
      const extracts = group("extracts", { timeout: "1h", maxParallel: 2 });
      const load = task(
        "load",
        {
          group: extracts,
          pool: pool("db", { slots: 2 }),
          concurrency: { key: "partition.date", limit: 1 },
          rate: "100/min",
          resources: { cpu: 1, memory: "1GiB" },
          isolate: { memory: "1GiB" },
          waitFor: { pipeline: far, match: { within: "2h" }, timeout: "1h" },
        },
        () => ["a"],
      );
      map("clean", { over: load, concurrency: { key: "item.id", limit: 2 } }, () => 1);
      call("call", { pipeline: far });
      approval("ask", { asks: "Go?", timeout: "1h", roles: ["lead"] });
      poll("poll", { every: "1s", timeout: "1h", until: () => true }, () => 1);
    },
  ),
).spec;

/** What is wrong with the spec once the value at a path is replaced, whatever the types say. */
function problemsWith(path: string, value: unknown): readonly string[] {
  const spec = structuredClone(base);
  const steps = path.split(" ");
  const last = steps.pop() ?? "";
  const owner = steps.reduce<object>((at, step) => Reflect.get(at, step) as object, spec);
  Reflect.set(owner, last, value);
  return checkPipeline(spec);
}

test("a right spec has no problems", () => {
  expect(checkPipeline(base)).toEqual([]);
});

const REF = { task: "load", path: [] };

describe("each of these is told with the place and the mend", () => {
  test.each<[string, unknown, string]>([
    ["pools db", 0, 'pool "db": its number of slots 0 is out of range; give a whole number'],
    ["pools", {}, 'task "load": its pool "db" is not declared; declare it with pool()'],
    ["tasks 0 limits 0 slots", 1_000_001, 'task "load": its number of slots 1000001 is out of'],
    ["tasks 0 limits 0 slots", 3, 'task "load": it takes 3 slots of the pool "db", which has 2'],
    ["tasks 0 limits 1 limit", 0, 'task "load": its concurrency limit 0 is out of range'],
    ["tasks 0 limits 1 limit", 1_000_001, 'task "load": its concurrency limit 1000001 is out of'],
    ["tasks 0 limits 1 name", "A B", 'task "load": the concurrency name "A B" is not 1 to 63'],
    ["tasks 0 limits 2 limit", 1.5, 'task "load": its rate limit 1.5 is out of range'],
    ["tasks 0 limits 2 perMs", 86_400_001, 'task "load": its rate per 86400001 ms is out of range'],
    [
      "tasks 0 limits 1 key",
      ["customer"],
      'task "load": its concurrency: the path "customer" leads nowhere; begin it with params, partition.',
    ],
    [
      "tasks 0 limits 1 key",
      ["item", "id"],
      'task "load": the key "item.id" of its concurrency is of an item, which only a map has',
    ],
    [
      "tasks 0 limits 1 key",
      ["partition", "day"],
      'task "load": its concurrency: the path "partition.day" names a field that is not declared; partition has date.',
    ],
    [
      "tasks 0 limits 1 key",
      ["params", "customer", "name"],
      'task "load": its concurrency: the path "params.customer.name" names a field that is not declared',
    ],
    [
      "tasks 0 limits 1 key",
      ["partition"],
      'task "load": the key "partition" of its concurrency is no single value; name one',
    ],
    ["tasks 0 limits 1 key", ["params", ""], 'task "load": its concurrency: the path "params."'],
    ["concurrency key", ["item"], 'p: the key "item" of its concurrency is of an item'],
    ["concurrency key", ["params", "client"], 'p: its concurrency: the path "params.client" names'],
    ["concurrency limit", 0, "p: its concurrency limit 0 is out of range"],
    ["tasks 0 resources cpu", 0, 'task "load": its resources.cpu 0 is out of range; give 0.01'],
    ["tasks 0 resources cpu", Infinity, 'task "load": its resources.cpu Infinity is out of range'],
    ["tasks 0 resources memoryMb", 0, 'task "load": its resources.memory of 0 MiB is out of'],
    ["tasks 0 isolate memoryMb", 0.5, 'task "load": its isolate.memory of 0.5 MiB is out of'],
    ["tasks 0 priority", 101, 'task "load": its priority 101 is out of range'],
    ["tasks 0 group", "loads", 'task "load": its group "loads" is not declared; add it to groups'],
    ["groups extracts timeoutMs", 0, 'group "extracts": its timeout of 0 ms is out of range'],
    ["groups extracts maxParallel", 0, 'group "extracts": its maxParallel 0 is out of range'],
    ["groups", { Extracts: {}, extracts: {} }, 'group "Extracts": the name "Extracts" is not'],
    ["timeoutMs", 0, "p: its timeout of 0 ms is out of range; give 1 ms to ten years"],
    ["onMissingVersion", "never", 'p: onMissingVersion "never" is not known; write wait, latest'],
    ["pin", "version", 'p: pin "version" is not known; write build'],
    ["namespaceLimits", { maxActiveRuns: 0 }, "p: maxActiveRuns of its namespace default 0 is out"],
    ["tasks 0 waitFor", [], 'task "load": it says how it waits for default/far, and does not'],
    ["tasks 0 waitFor", ["default/p"], 'task "load": it waits for runs of its own pipeline'],
    ["tasks 0 runWaits 0 match by", "newest", 'task "load": its waitFor default/far has no match'],
    ["tasks 0 runWaits 0 match withinMs", 0, "match.within of 0 ms is out of range"],
    ["tasks 0 runWaits 0 timeoutMs", 0, "its waitFor default/far timeout of 0 ms is out of range"],
    ["tasks 0 runWaits 0 onFailure", "retry", 'has onFailure "retry", which is not known; write'],
    ["tasks 0 runWaits 0 onTimeout", "wait", 'has onTimeout "wait", which is not known; write'],
    ["tasks 0 runWaits 0 onMissing", "ask", 'has onMissing "ask", which is not known; write wait'],
    ["tasks 1 cross", [REF], 'task "clean": a map has two lists to run over; join them with cross'],
    ["tasks 1 over", null, 'task "clean": a map has no list to run over; give it over: a handle'],
    ["tasks 1 over", { task: "ask", path: [] }, 'it runs over approval "ask", whose output says'],
    ["tasks 0 cross", [REF], 'task "load": over, maxParallel and failFast belong to a map, and'],
    ["tasks 0 failFast", true, 'task "load": over, maxParallel and failFast belong to a map, and'],
    ["tasks 2 calls", [], 'task "call": a call calls one pipeline; give it pipeline'],
    [
      "tasks 2 calls",
      [{ pipeline: "default/p", wait: true }],
      'task "call": it calls its own pipeline default/p and waits for the result, without an end',
    ],
    ["tasks 3 approval timeoutMs", 0, 'task "ask": its timeout of 0 ms is out of range'],
    ["tasks 3 approval roles", ["The Boss"], 'task "ask": the role "The Boss" is not 1 to 63'],
    ["tasks 3 approval onTimeout", "run", 'task "ask": its onTimeout "run" is not known; write'],
    [
      "tasks 3 approval",
      { roles: [], timeoutMs: null, onTimeout: "approve" },
      'task "ask": its onTimeout "approve" has no timeout, so it waits for ever; add one',
    ],
    [
      "tasks 4 poll",
      { everyMs: 1, timeoutMs: null, onTimeout: "skip" },
      'task "poll": its onTimeout "skip" has no timeout, so it waits for ever; add one',
    ],
    [
      "tasks 0 runWaits 0",
      { ...present(base.tasks[0]?.runWaits?.[0]), timeoutMs: null, onTimeout: "run" },
      'task "load": its waitFor default/far onTimeout "run" has no timeout, so it waits for ever',
    ],
    ["tasks 3 approval", undefined, 'task "ask": an approval has no rule; give it asks'],
    [
      "tasks 0 approval",
      { roles: [] },
      'task "load": roles belong to an approval, and it is a task',
    ],
    ["tasks 4 poll everyMs", 0, 'task "poll": its every of 0 ms is out of range'],
    ["tasks 4 poll timeoutMs", 0, 'task "poll": its timeout of 0 ms is out of range'],
    ["tasks 4 poll onTimeout", "approve", 'task "poll": its onTimeout "approve" is not known'],
    ["tasks 4 poll", undefined, 'task "poll": a poll has no rule; give it every'],
    ["tasks 0 poll", {}, 'task "load": every belongs to a poll, and it is a task'],
  ])("%s: %j", (path, value, expected) => {
    expect(problemsWith(path, value)).toContainEqual(expect.stringContaining(expected));
  });
});

test("a list that a map crosses has to be there, and may not be the map itself", () => {
  const crossing = (task: string): readonly string[] => {
    const spec = structuredClone(base);
    Object.assign(spec.tasks[1] ?? {}, { over: null, cross: [REF, { task, path: [] }] });
    return checkPipeline(spec);
  };
  expect(crossing("load")).toEqual([]);
  expect(crossing("gone")).toEqual([
    'Pipeline default/p, task "clean": its over names task "gone", which the pipeline does not have; declare it.',
  ]);
  expect(crossing("clean")).toEqual([
    'Pipeline default/p, task "clean": its over is the task itself; name another one.',
  ]);
});

test("partitions of a map say how they are cut, and look into no fact", () => {
  const over = (overPartitions: object, overSchemes: object): readonly string[] => {
    const spec = structuredClone(base);
    Object.assign(spec.tasks[1] ?? {}, { over: null, overPartitions, overSchemes });
    return checkPipeline(spec);
  };
  const eu = { kind: "keys", values: ["eu"] };
  expect(over({ r: { map: "all" } }, { r: eu })).toEqual([]);
  expect(over({}, {})).toEqual([
    'Pipeline default/p, task "clean": its partitions() has no key; name at least one.',
  ]);
  expect(over({ r: { map: "all" } }, {})).toEqual([
    'Pipeline default/p, task "clean": its partitions() key "r": it is not said how it is cut; add it to overSchemes.',
  ]);
  expect(over({ r: { map: "path", path: ["data"] } }, { r: eu })).toEqual([
    'Pipeline default/p, task "clean": its partitions() key "r": a path looks into a fact, and there is none; map it from a key of the pipeline.',
  ]);
});
