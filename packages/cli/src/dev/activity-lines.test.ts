import type { ConditionSpec } from "@millrace/core/internal";
import type { DeliveryDetail } from "@millrace/postgres";
import { expect, test } from "vitest";
import { effectWords } from "./activity-lines.ts";

const leg = (name: string): ConditionSpec => ({
  type: "leg",
  leg: { source: { type: "dataset", dataset: `default/${name}` }, where: null, partition: {} },
});
const delivery = (change: Partial<DeliveryDetail>): DeliveryDetail => ({
  factId: 1,
  pipeline: "default/report",
  trigger: "both",
  disposition: "waiting_for",
  reason: null,
  runId: null,
  condition: { type: "all", of: [leg("orders"), leg("customers")] },
  legs: [0],
  ...change,
});

test.each([
  [{}, "report waiting for 1 of 2 (customers)"],
  [{ legs: [1] }, "report waiting for 1 of 2 (orders)"],
  [{ disposition: "started", runId: 12 }, "report started (run_12)"],
  [{ disposition: "included", runId: 12 }, "report included (run_12)"],
  [
    { disposition: "filtered", reason: "its filter does not match" },
    "report not started by both: its filter does not match",
  ],
  [{ disposition: "trigger_disabled" }, "report not started by both: trigger disabled"],
])("a delivery that is %j reads: %s", (change, words) => {
  expect(effectWords(delivery(change))).toBe(words);
});
