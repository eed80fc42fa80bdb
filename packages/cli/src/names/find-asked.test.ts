import { expect, test } from "vitest";
import { findAsked } from "./find-asked.ts";

const NAMES = {
  pipelines: ["default/orders", "ops/report", "a/load", "b/load"],
  datasets: ["default/orders", "ops/flights"],
  triggers: [
    { pipeline: "ops/report", name: "daily" },
    { pipeline: "default/orders", name: "raw" },
  ],
};

test.each([
  ["run_7", { type: "run", id: 7 }],
  ["update_3", { type: "update", id: 3 }],
  ["event_2", { type: "event", id: 2 }],
  ["report", { type: "pipeline", pipeline: "ops/report", trigger: null }],
  ["flights", { type: "dataset", dataset: "ops/flights" }],
  ["report/daily", { type: "pipeline", pipeline: "ops/report", trigger: "daily" }],
  ["orders/raw", { type: "pipeline", pipeline: "default/orders", trigger: "raw" }],
  ["dataset:orders", { type: "dataset", dataset: "default/orders" }],
  ["pipeline:orders", { type: "pipeline", pipeline: "default/orders", trigger: null }],
])("%s means one thing", (typed, asked) => {
  expect(findAsked(typed, NAMES)).toEqual(asked);
});

test("a name of several things is refused with how to tell them apart", () => {
  expect(() => findAsked("orders", NAMES)).toThrow(
    "pipeline:default/orders, dataset:default/orders",
  );
  expect(() => findAsked("load", NAMES)).toThrow("pipeline:a/load, pipeline:b/load");
});

test("a name of nothing is refused with what is near", () => {
  expect(() => findAsked("fligths", NAMES)).toThrow("Did you mean ops/flights?");
  expect(() => findAsked("run_0", NAMES)).toThrow("There is no pipeline, dataset or trigger run_0");
});
