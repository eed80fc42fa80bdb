import { pipeline } from "@millrace/core";
import { definitionOf } from "@millrace/core/internal";
import { expect, test } from "vitest";
import { toQueues } from "./queues.ts";

const definitions = [
  definitionOf(
    pipeline("train", {}, ({ task }) => {
      task("load", () => 1);
      task("fit", { queue: "gpu" }, () => 1);
    }),
  ),
];

test("a worker that names no queues serves all of them", () => {
  expect(toQueues(undefined, definitions)).toBeUndefined();
});

test("queues are told apart by commas, and each counts once", () => {
  expect(toQueues("gpu, default,gpu", definitions)).toEqual(["gpu", "default"]);
});

test.each(["cpu", "gpu,", ""])("%j is refused, and says which queues there are", (written) => {
  expect(() => toQueues(written, definitions)).toThrow("there are default, gpu");
});
