import type { PipelineDefinition } from "@millrace/core/internal";
import { expect, test } from "vitest";
import { channelsOf } from "./channels.ts";

const definition = (pin: boolean): PipelineDefinition =>
  ({
    version: "abc",
    spec: {
      tasks: [{ queue: "default" }, { queue: "default" }, { queue: "big" }],
      ...(pin && { pin: "build" }),
    },
  }) as unknown as PipelineDefinition;

test("each queue of each version is heard once", () => {
  expect(channelsOf([definition(false)], "7")).toEqual([
    { queue: "default", version: "abc" },
    { queue: "big", version: "abc" },
  ]);
});

test("of a worker for some queues, the others are not heard", () => {
  expect(channelsOf([definition(true)], "7", ["big", "none"])).toEqual([
    { queue: "big", version: "abc" },
    { queue: "big", version: "abc@7" },
  ]);
});

test("a pinned pipeline is heard under its build as well, where there is one", () => {
  const versions = channelsOf([definition(true)], "7").map(({ version }) => version);
  expect(versions).toEqual(["abc", "abc@7", "abc", "abc@7"]);
  expect(channelsOf([definition(true)], null)).toHaveLength(2);
});
