/** What outs are told of runs: who called them, what they touched, how their items came out. */
import type { OutgoingFact, OutgoingRun } from "@millrace/core/internal";
import { declareSubscribers, feedStore } from "@millrace/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Engine, failed, ok, startEngine } from "../engine/engine.ts";
import { datasetSpec, declare, leg, pipelineSpec, taskSpec, updated } from "../engine/specs.ts";
import { asking, calling } from "../engine/waiting-room.ts";

const orders = datasetSpec("orders", {
  checks: [
    { name: "has rows", blocking: true, that: null },
    { name: "no nulls", blocking: false, that: null },
  ],
});
const told: OutgoingFact[] = [];
let engine: Engine;

beforeAll(async () => {
  engine = await startEngine("server");
  await engine.register(
    pipelineSpec("top", [taskSpec("start")]),
    pipelineSpec("middle", [taskSpec("pass-on")]),
    pipelineSpec(
      "bottom",
      [
        taskSpec("list"),
        taskSpec("each", { kind: "map", over: { task: "list", path: [] } }),
        taskSpec("none"),
        taskSpec("each-of-none", { kind: "map", over: { task: "none", path: [] } }),
        taskSpec("load"),
      ],
      { datasets: declare(orders) },
    ),
    pipelineSpec("reader", [taskSpec("read")], {
      datasets: declare(orders),
      triggers: { data: updated(leg("orders")) },
    }),
  );
  const subscription = { kinds: ["run", "update"], types: ["*"], namespaces: null } as const;
  await declareSubscribers(engine.database, "test", [{ name: "all", subscription }]);
  await engine.start("top");
  await engine.settle({
    start: asking({ name: "call 1", wait: calling("middle") }),
    "pass-on": asking({ name: "call 1", wait: calling("bottom") }),
    list: () => ok([1, 2, 3]),
    none: () => ok([]),
    each: (task) => (task.item?.index === 1 ? failed("the second is broken") : ok()),
    load: () => ({
      ...{ type: "succeeded", output: null, events: [] },
      updates: [
        {
          ...{ dataset: "default/orders", partition: {}, uri: null },
          metadata: { rows: 12, bytes: "many", note: 7, files: 1 },
          checks: { "has rows": true, "no nulls": false },
        },
      ],
    }),
  });
  await feedStore(engine.database).feed("all", 100, (fact) => {
    told.push(fact);
    return [];
  });
}, 60_000);
afterAll(() => engine.close());

function runOf(pipeline: string): OutgoingRun {
  const found = told.find((fact) => fact.kind === "run" && fact.pipeline === `default/${pipeline}`);
  if (found?.kind !== "run") throw new Error(`nothing was told of ${pipeline}`);
  return found;
}

test("a called run names the run that called it and the first of the chain", () => {
  const [top, middle] = [runOf("top"), runOf("middle")];
  const first = { id: top.id, pipeline: "default/top" };
  expect([top.parent, top.root]).toEqual([null, null]);
  expect([middle.parent, middle.root]).toEqual([first, first]);
  const { parent, root } = runOf("bottom");
  expect([parent, root]).toEqual([{ id: middle.id, pipeline: "default/middle" }, first]);
});

test("a mapped task is told as a whole, with how its items came out", () => {
  const { tasks, failedTask } = runOf("bottom");
  expect(tasks.map(({ name, state, items }) => [name, state, items])).toEqual([
    ["list", "succeeded", null],
    ["each", "failed", { total: 3, failed: 1, skipped: 0 }],
    ["none", "succeeded", null],
    // One over nothing never started.
    ["load", "succeeded", null],
  ]);
  expect(failedTask).toBe("each");
  expect(tasks.find(({ name }) => name === "each")?.error).toBe("1 of 3 items failed");
});

test("an update is told with its checks, and with the numbers that its metadata count", () => {
  const checks = [
    { name: "has rows", passed: true, blocking: true },
    { name: "no nulls", passed: false, blocking: false },
  ];
  const counts = { rows: 12, files: 1 };
  const of = { dataset: "default/orders", uri: null, partition: {}, updateId: 1, counts, checks };
  expect(runOf("bottom").outputs).toEqual([{ ...of, task: "load" }]);
  expect(runOf("reader").inputs).toEqual([{ ...of, task: null }]);
  const update = told.find(({ kind }) => kind === "update");
  expect(update).toMatchObject({ dataset: "default/orders", task: "load", checks });
});
