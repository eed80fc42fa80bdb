import * as core from "@millrace/core";
import { expect, test } from "vitest";

/** What users build on. A name that leaves this list is a breaking change. */
test("@millrace/core offers what it promised, and nothing by accident", () => {
  expect(Object.keys(core).toSorted()).toMatchInlineSnapshot(`
    [
      "MillraceError",
      "after",
      "all",
      "any",
      "anyOf",
      "atLeast",
      "cron",
      "daily",
      "dataset",
      "datasetRef",
      "event",
      "exists",
      "fixed",
      "from",
      "gt",
      "gte",
      "hourly",
      "keys",
      "lt",
      "lte",
      "monthly",
      "namespace",
      "ne",
      "not",
      "oneOf",
      "pipeline",
      "pipelineRef",
      "prefix",
      "published",
      "quarterly",
      "rollup",
      "same",
      "updated",
      "weekly",
      "yearly",
    ]
  `);
});
