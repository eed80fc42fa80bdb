import { expect, test } from "vitest";
import type { TriggeringFact } from "../trigger/deliver.ts";
import { DEAD_LETTER_TOPIC, isWanted, topicOf } from "./subscription.ts";

const base = {
  id: 1,
  at: 0,
  partition: {},
  schemes: {},
  state: null,
  contentVersion: null,
  quarantined: false,
  suppressed: false,
  backfillId: null,
} as const;
const update: TriggeringFact = {
  ...base,
  kind: "update",
  source: { type: "dataset", dataset: "sales/orders" },
  facts: { kind: "changed" },
};
const event: TriggeringFact = {
  ...base,
  kind: "event",
  source: { type: "event", event: "ticket.closed" },
  facts: { name: "ticket.closed", data: { dataset: "sales/orders" } },
};
const stale = "millrace.dataset.stale";

test.each([
  [update, "dev.millrace.dataset.updated.v1", "sales"],
  [{ ...update, facts: { kind: "removed" } }, "dev.millrace.dataset.removed.v1", "sales"],
  [
    {
      ...base,
      kind: "run",
      state: "failed",
      source: { type: "pipeline", pipeline: "ops/etl", on: "completion" },
      facts: {},
    },
    "dev.millrace.pipeline.run.failed.v1",
    "ops",
  ],
  [event, "ticket.closed", null],
  [{ ...event, namespace: "ops" }, "ticket.closed", "ops"],
  [
    {
      ...event,
      source: { type: "event", event: stale },
      facts: { name: stale, data: { dataset: "sales/orders" }, source: {} },
    },
    stale,
    "sales",
  ],
] satisfies readonly (readonly [TriggeringFact, string, string | null])[])(
  "a fact %# is known outside by its type and namespace",
  (fact, type, namespace) => {
    expect(topicOf(fact)).toEqual({ kind: fact.kind, type, namespace });
  },
);

test("nobody outside is told of what is quarantined or to trigger nothing", () => {
  expect(topicOf({ ...update, quarantined: true })).toBeNull();
  expect(topicOf({ ...update, suppressed: true })).toBeNull();
});

test.each([
  [{}, true],
  [{ types: ["dev.millrace.*"] }, true],
  [{ types: ["dev.millrace.dataset"] }, false],
  [{ types: [] }, false],
  [{ kinds: ["run"] }, false],
  [{ namespaces: ["sales"] }, true],
  [{ namespaces: ["ops"] }, false],
] as const)("a subscriber with %j wants an update of its namespace: %j", (change, isTold) => {
  const subscription = {
    kinds: ["update"],
    types: ["dev.millrace.dataset.updated.v1"],
    namespaces: null,
    ...change,
  } as const;
  const topic = {
    kind: "update",
    type: "dev.millrace.dataset.updated.v1",
    namespace: "sales",
  } as const;
  expect(isWanted(subscription, topic)).toBe(isTold);
});

test("what is of no namespace is of interest to all", () => {
  const subscription = { kinds: ["dead_letter"], types: ["*"], namespaces: ["ops"] } as const;
  expect(isWanted(subscription, DEAD_LETTER_TOPIC)).toBe(true);
});
