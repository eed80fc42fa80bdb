import { describe, expect, test } from "vitest";
import { z } from "zod";
import { all, cron, daily, dataset, datasetRef, event, pipeline, published } from "../index.ts";
import { checkPipeline, definitionOf } from "../internal.ts";

const day = daily({ start: "2026-01-01" });
const flights = dataset("flights", {
  partitions: { date: day },
  metadata: z.object({ rows: z.number() }),
});
const weather = dataset("weather", { partitions: { date: day } });
const far = datasetRef("far", { partitions: { date: day } });
const stale = event("stale", { data: z.object({ date: z.string() }) });
const delays = dataset("delays", { partitions: { date: day } });

const base = definitionOf(
  pipeline(
    "build",
    {
      partitions: { date: day },
      on: {
        files: all(flights.where({ metadata: { rows: 1 } }), weather, far),
        morning: cron("0 6 * * *", { partition: "interval" }),
        stale: published(stale, { partition: { date: "2026-02-03" } }),
      },
    },
    ({ task, map, branch }) => {
      const load = task("load", () => ["a"]);
      const clean = map("clean", { over: load }, ({ item }) => item);
      const way = branch("way", { needs: { clean } }, () => "good");
      return task(
        "write",
        { needs: { clean }, when: way.is("good"), produces: { delays } },
        () => 1,
      );
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

const FILES = "triggers files condition";
const LEG = `${FILES} of 0 leg`;

test("a right spec has no problems", () => {
  expect(checkPipeline(base)).toEqual([]);
});

describe("each of these is told with the pipeline, the place and the mend", () => {
  test.each<[string, string, unknown, RegExp]>([
    [
      "pipeline name",
      "name",
      "Build",
      /^Pipeline default\/Build: the name "Build" is not .*; rename it\.$/,
    ],
    ["namespace", "namespace", "", /the name "" is not/],
    ["no tasks", "tasks", [], /Pipeline default\/build: it has no tasks; declare at least one\.$/],
    [
      "unknown result",
      "result",
      "nope",
      /its result is task "nope", which it does not have; name one/,
    ],
    [
      "active runs",
      "maxActiveRuns",
      0,
      /maxActiveRuns 0 is out of range; give a whole number from 1 to 1000000/,
    ],
    ["parallel tasks", "maxParallelTasks", 1.5, /maxParallelTasks 1\.5 is out of range/],
    [
      "partition time zone",
      "partitions date timezone",
      "Mars",
      /partition key "date": the time zone "Mars" does not exist/,
    ],
    [
      "dataset URI",
      "datasets default/delays uri",
      "nowhere",
      /^Pipeline default\/build, dataset default\/delays: its URI is no URI/,
    ],
    [
      "dataset under another name",
      "datasets default/delays name",
      "other",
      /it is listed as "default\/delays"/,
    ],
    [
      "task name",
      "tasks 0 name",
      "Load",
      /^Pipeline default\/build, task "Load": the name "Load" is not/,
    ],
    ["queue", "tasks 0 queue", "a b", /task "load": the queue name "a b" is not/],
    [
      "alias",
      "tasks 2 needs",
      { "a b": { task: "load", path: [] } },
      /task "way": the alias name "a b" is not/,
    ],
    [
      "duplicate task",
      "tasks 1 name",
      "load",
      /task "load": it is declared twice; give each task a name/,
    ],
    [
      "unknown need",
      "tasks 2 needs clean task",
      "nope",
      /task "way": its needs\.clean names task "nope", which the pipeline does not have; declare it/,
    ],
    ["unknown over", "tasks 1 over task", "nope", /task "clean": its over names task "nope"/],
    ["unknown when", "tasks 3 when task", "nope", /task "write": its when names task "nope"/],
    [
      "needs itself",
      "tasks 2 needs clean task",
      "way",
      /task "way": its needs\.clean is the task itself; name another one/,
    ],
    [
      "way of no branch",
      "tasks 3 when task",
      "load",
      /task "write": its when asks which way task "load" takes, which is no branch/,
    ],
    ["map without list", "tasks 1 over", null, /task "clean": a map has no list to run over/],
    [
      "list without map",
      "tasks 1 kind",
      "task",
      /task "clean": over, maxParallel and failFast belong to a map, and it is a task/,
    ],
    [
      "rule of a map",
      "tasks 1 runIf",
      "all_done",
      /task "clean": a map needs its list, so its run-if rule can only be all_success/,
    ],
    [
      "rule",
      "tasks 0 runIf",
      "sometimes",
      /task "load": its run-if rule "sometimes" is out of range; give one of all_success/,
    ],
    [
      "retries",
      "tasks 0 retries limit",
      1001,
      /task "load": its retry limit 1001 is out of range; give 0 to 1000/,
    ],
    ["negative delay", "tasks 0 retries delayMs", -1, /its retry delay in ms -1 is out of range/],
    [
      "delay over its maximum",
      "tasks 0 retries maxMs",
      1,
      /its longest retry delay in ms 1 is out of range/,
    ],
    ["backoff", "tasks 0 retries backoff", "wild", /its backoff "wild" is out of range/],
    ["timeout", "tasks 0 timeoutMs", 0, /its timeout in ms 0 is out of range; give 1ms to 365d/],
    [
      "priority",
      "tasks 0 priority",
      101,
      /its priority 101 is out of range; give a whole number from -100 to 100/,
    ],
    ["parallel items", "tasks 1 maxParallel", 0, /task "clean": its maxParallel 0 is out of range/],
    [
      "produces unknown",
      "tasks 3 produces delays dataset",
      "default/nope",
      /task "write": its produces\.delays names dataset default\/nope, which the spec does not declare/,
    ],
    [
      "publishes unknown",
      "tasks 3 produces delays",
      { type: "event", event: "nope" },
      /its produces\.delays names event nope/,
    ],
    [
      "consumes unknown",
      "tasks 0 consumes",
      { x: { dataset: "a/b", previous: true } },
      /task "load": its consumes\.x names dataset a\/b/,
    ],
    [
      "trigger on unknown dataset",
      `${LEG} source dataset`,
      "a/b",
      /^Pipeline default\/build, trigger files: it names dataset a\/b, which the spec does not declare/,
    ],
    [
      "trigger on unknown event",
      "triggers stale condition leg source event",
      "nope",
      /trigger stale: it names event nope/,
    ],
    [
      "kind of trigger",
      "triggers files type",
      "event",
      /trigger files: a trigger of type event has a leg on a dataset/,
    ],
    [
      "trigger name",
      "triggers",
      { "a b": base.triggers["morning"] },
      /the trigger name "a b" is not/,
    ],
    [
      "reserved trigger name",
      "triggers",
      { manual: base.triggers["morning"] },
      /trigger manual: manual names starts by hand/,
    ],
    [
      "cron",
      "triggers morning cron",
      "60 * * * *",
      /^Pipeline default\/build, trigger morning: .*60/,
    ],
    [
      "schedule's time zone",
      "triggers morning timezone",
      "Mars",
      /trigger morning: the time zone "Mars" does not exist/,
    ],
    [
      "interval of a list",
      "partitions date",
      { kind: "keys", values: ["a"] },
      /trigger morning: partition: 'interval' needs a pipeline with exactly one partition key, a calendar one/,
    ],
    [
      "schedule without partition",
      "triggers morning partition",
      {},
      /trigger morning: the partition key "date": it does not say which a run is for/,
    ],
    [
      "schedule with a wrong partition",
      "triggers morning partition",
      { date: "soon" },
      /the partition key "date": "soon" is no day/,
    ],
    [
      "schedule with a key too many",
      "triggers morning partition",
      { date: "2026-01-02", x: "1" },
      /the pipeline has no partition key "x"/,
    ],
    [
      "nothing to be at least",
      FILES,
      {
        type: "atLeast",
        count: 4,
        of: [1, 2, 3].map(() => ({ type: "any", of: [{ type: "leg", leg: legOf() }] })),
      },
      /trigger files: atLeast\(4\) of 3 can not be; ask for 1 to 3/,
    ],
    ["empty condition", FILES, { type: "all", of: [] }, /trigger files: all\(\) is of nothing/],
    [
      "leg without mapping",
      `${LEG} partition`,
      {},
      /trigger files: in dataset default\/flights it does not say which "date" a run is for; map it with \.as\(\)/,
    ],
    [
      "mapping of an unknown key",
      `${LEG} partition x`,
      { map: "same", from: "date" },
      /the partition key "x": the pipeline has no such partition key/,
    ],
    [
      "mapping from an unknown key",
      `${LEG} partition date from`,
      "day",
      /the partition key "date": it is taken from the key "day", which is not there \(there: date\)/,
    ],
    [
      "mapping of a reference",
      `${FILES} of 2 leg partition date from`,
      "day",
      /in dataset default\/far the partition key "date": it is taken from the key "day"/,
    ],
    [
      "fixed value",
      `${LEG} partition date`,
      { map: "fixed", value: "soon" },
      /the partition key "date": "soon" is no day/,
    ],
    [
      "rollup that does not nest",
      `${LEG} partition date map`,
      "rollup",
      /a day does not lie in one day of the same time zone; roll up/,
    ],
    [
      "path of an event",
      "triggers stale condition leg partition date",
      { map: "path", path: ["data", "day"] },
      /in event stale the partition key "date": the path "data\.day" names a field that is not declared; data has date/,
    ],
    [
      "path without root",
      "triggers stale condition leg partition date",
      { map: "path", path: ["date"] },
      /the path "date" leads nowhere; begin it with data, name, source/,
    ],
    [
      "filter on an unknown field",
      `${LEG} where path`,
      ["metadata", "rowz"],
      /in dataset default\/flights its filter: the path "metadata\.rowz" names a field that is not declared; metadata has rows/,
    ],
    [
      "filter on an unknown fact",
      `${LEG} where`,
      { not: { or: [{ path: ["size"], op: "gt", value: 1 }] } },
      /its filter: the path "size" leads nowhere; begin it with metadata, partition, kind, uri, source/,
    ],
    [
      "required param",
      "params",
      { type: "object", properties: { n: {} }, required: ["n"] },
      /trigger files: it does not fill the required param "n"; add it to params/,
    ],
  ])("%s", (_what, path, value, expected) => {
    expect(problemsWith(path, value)).toContainEqual(expect.stringMatching(expected));
  });
});

function legOf(): unknown {
  return {
    source: { type: "dataset", dataset: "default/weather" },
    where: null,
    partition: { date: { map: "same", from: "date" } },
  };
}

test("params are checked as far as the schema tells", () => {
  const given = { x: { value: 1 } };
  const schema = { type: "object", properties: { n: {} } };
  const spec = { ...base, params: schema };
  const on = (params: object): readonly string[] =>
    checkPipeline({
      ...spec,
      triggers: { stale: { ...base.triggers["stale"], params } as (typeof base.triggers)[string] },
    });
  expect(on(given)).toEqual([
    'Pipeline default/build, trigger stale: the pipeline has no param "x"; declare it, or leave it out.',
  ]);
  expect(on({ n: { path: ["data", "date"] } })).toEqual([]);
  expect(on({ n: { path: ["data", "nope"] } })).toEqual([
    'Pipeline default/build, trigger stale: the param "n": the path "data.nope" names a field that is not declared; data has date.',
  ]);
  expect(problemsWith("triggers files params", given)).toEqual([]);
});

test("a schedule has no fact to take a param from", () => {
  expect(problemsWith("triggers morning params", { n: { path: ["data"] } })).toEqual([
    'Pipeline default/build, trigger morning: the param "n": a schedule has no fact to take it from; give a value.',
  ]);
});

test("a filter nested deeper than any reader follows is refused", () => {
  let deep: object = { path: ["kind"], op: "eq", value: "x" };
  for (let depth = 0; depth < 100; depth += 1) deep = { not: deep };
  expect(problemsWith(`${LEG} where`, deep)).toEqual([
    "Pipeline default/build, trigger files: in dataset default/flights its filter nests deeper than 64; flatten it.",
  ]);
});
