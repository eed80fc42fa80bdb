import { expect, test } from "vitest";
import { toWorkLine } from "./work-lines.ts";

const attempt = { taskRunId: 3, runId: 2, pipeline: "default/etl", task: "load" };

test.each([
  ["run_2", "  info  etl.load run_2: loaded"],
  ["update_7", "  info  etl.load run_2 (update_7): loaded"],
])("a line of a log in the story of %s", (correlationId, text) => {
  const line = toWorkLine({
    type: "log",
    attempt: { ...attempt, index: null, attempt: 1, correlationId },
    level: "info",
    message: "loaded",
    fields: {},
  });
  expect(line?.text).toBe(text);
});
