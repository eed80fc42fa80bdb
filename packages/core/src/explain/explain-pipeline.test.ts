import { expect, test } from "vitest";
import { explainPipeline } from "./explain-pipeline.ts";

test("a pipeline without triggers is said to have none", () => {
  const story = { pipeline: "default/score", last: null, triggers: [], limit: null } as const;
  expect(explainPipeline(story, 0).lines).toEqual([
    "score has never run.",
    "",
    "It has no triggers: it runs when it is called or started by hand.",
  ]);
});
