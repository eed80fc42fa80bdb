import { expect, test } from "vitest";
import type { DatasetSpec } from "../spec/dataset-spec.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import type { ConditionSpec, SourceSpec } from "../spec/trigger-spec.ts";
import { checkGraph } from "./check-graph.ts";
import { resolve } from "./resolution.ts";

const declared = (name: string, uri: string): DatasetSpec => ({
  namespace: "d",
  name,
  uri,
  partitions: {},
  metadata: null,
  observed: false,
});

/** A pipeline that starts on `source`, and makes datasets at places and events. */
function pipeline(
  name: string,
  source: SourceSpec | null,
  places: Readonly<Record<string, string>> = {},
  events: readonly string[] = [],
): PipelineSpec {
  const sets = Object.entries(places).map(([set, uri]) => declared(set, uri));
  const condition = { type: "leg", leg: { source, where: null, partition: {} } } as ConditionSpec;
  const trigger = {
    type: "datasets",
    enabled: true,
    condition,
    policy: { each: false },
    params: {},
  };
  const made = sets.map(
    (set) => [set.name, { type: "dataset", dataset: `d/${set.name}` }] as const,
  );
  const told = events.map((event) => [event, { type: "event", event }] as const);
  const task = {
    name: "work",
    produces: Object.fromEntries([...made, ...told]),
    consumes: {},
    waitFor: [],
    calls: [],
  };
  return {
    namespace: "d",
    name,
    triggers: source === null ? {} : { on: trigger },
    tasks: [task],
    datasets: Object.fromEntries(sets.map((set) => [`d/${set.name}`, set])),
    events: {},
  } as unknown as PipelineSpec;
}

const raw: SourceSpec = { type: "pattern", uri: "s3://lake/raw/{table}/*.csv", captures: {} };
const load = pipeline("load", null, { orders: "s3://lake/raw/orders/{date}.csv" });
const other = pipeline("other", null, { notes: "s3://lake/notes/{date}.csv" });

test("a pipeline with a pattern depends on every producer of what the pattern may name", () => {
  const graph = resolve([pipeline("watch", raw), load, other]);
  expect(graph.consumersOf("d/orders")).toEqual(["d/watch"]);
  expect(graph.consumersOf("d/notes")).toEqual([]);
  expect(graph.upstream("d/watch")).toEqual([{ pipeline: "d/load", distance: 1 }]);
  const order = graph.order().map(({ pipeline: name, level }) => [name, level]);
  expect(Object.fromEntries(order)).toEqual({ "d/load": 0, "d/other": 0, "d/watch": 1 });
});

test("an event pattern depends on every producer of an event that it matches", () => {
  const tell = pipeline("tell", null, {}, ["ticket.new", "report.done"]);
  const heard = (pattern: string) =>
    resolve([tell, pipeline("hear", { type: "events", pattern })]).upstream("d/hear");
  expect(heard("ticket.*")).toEqual([{ pipeline: "d/tell", distance: 1 }]);
  expect(heard("alarm.*")).toEqual([]);
});

test("what a pattern hears of would run", () => {
  const graph = resolve([pipeline("watch", raw, { sum: "s3://lake/sum" }), load, other]);
  const runs = graph.wouldRun("d/orders").map(({ pipeline: name, state }) => `${name} ${state}`);
  expect(runs).toEqual(["d/watch runs"]);
  expect(graph.wouldRun("d/notes")).toEqual([]);
});

test("a loop through a pattern is found, and says by which pattern", () => {
  const loop = pipeline("clean", raw, { clean: "s3://lake/raw/clean/{date}.csv" });
  const [told] = checkGraph([loop, other]);
  expect(told).toContain("d/clean → d/clean → d/clean is a loop");
  expect(told).toContain(
    "d/clean updates dataset d/clean, which starts d/clean (trigger on, by the pattern s3://lake/raw/{table}/*.csv)",
  );
  const events = pipeline("echo", { type: "events", pattern: "ticket.**" }, {}, ["ticket.new"]);
  expect(checkGraph([events])[0]).toContain("by the pattern ticket.**");
});
