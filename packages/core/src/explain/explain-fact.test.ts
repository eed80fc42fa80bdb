import { expect, test } from "vitest";
import { compileCondition } from "../trigger/compile-condition.ts";
import { NEW_GROUP, type PendingDelivery } from "../trigger/evaluate.ts";
import type { ConditionSpec, PolicySpec } from "../spec/trigger-spec.ts";
import { type DeliveryNote, explainDelivery, explainFact, type FactStory } from "./explain-fact.ts";
import type { GroupStory } from "./explain-group.ts";

const NOW = Date.UTC(2026, 0, 1, 12);
const MINUTE_MS = 60_000;

const leg = (name: string): ConditionSpec => ({
  type: "leg",
  leg: {
    source: { type: "dataset", dataset: `default/${name}` },
    where: null,
    partition: {},
  },
});
const BOTH: ConditionSpec = { type: "all", of: [leg("orders"), leg("customers")] };

const pendingOf = (legs: readonly number[]): PendingDelivery => ({
  id: 1,
  position: 1,
  legs,
  at: NOW - 5 * MINUTE_MS,
  member: "{}",
});

function group(
  condition: ConditionSpec,
  policy: PolicySpec,
  pending: readonly PendingDelivery[],
): GroupStory {
  const none = new Set<string>();
  const compiled = compileCondition(condition);
  const rules = { condition: compiled, policy, isKeyed: false };
  return {
    partition: {},
    rules: { ...rules, required: () => null, known: () => none },
    state: NEW_GROUP,
    pending,
  };
}

const note = (part: Partial<DeliveryNote>): DeliveryNote => ({
  pipeline: "default/report",
  trigger: "both",
  disposition: "waiting_for",
  reason: null,
  runId: null,
  group: null,
  hold: null,
  limit: null,
  ...part,
});

const ONE = [pendingOf([0])];
const plain = { each: false };
const full = { max: 1, activeRunIds: [9], queuedCount: 0 };
const batch = { each: false, batch: { max: 10, quietMs: 10 * MINUTE_MS } };
const ana = { by: "ana", at: NOW - 2 * MINUTE_MS };

test.each([
  [{ disposition: "started", runId: 3 }, "started", "Started run_3."],
  [{ disposition: "included", runId: 3 }, "included", "Included in run_3."],
  [
    { disposition: "filtered", reason: "its filter does not match" },
    "filtered",
    "Left out by the filter: its filter does not match.",
  ],
  [
    { disposition: "partition_mismatch", reason: "2025 is before the first day" },
    "partition_mismatch",
    "For no partition of the pipeline: 2025 is before the first day.",
  ],
  [{ disposition: "unchanged" }, "unchanged", "Its content is what the trigger had before."],
  [{ disposition: "quarantined" }, "quarantined", "Quarantined: a blocking check failed."],
  [{ disposition: "suppressed" }, "suppressed", "Made by a backfill that triggers nothing."],
  [{ disposition: "dropped" }, "dropped", "Dropped."],
  [{ disposition: "superseded" }, "superseded", "A newer one took its place."],
  [
    { disposition: "trigger_changed" },
    "trigger_changed",
    "The trigger was changed, and no longer asks for it.",
  ],
  [{ disposition: "limit_reached" }, "limit_reached", "Left out at a limit."],
  [{ disposition: "expired" }, "expired", "Expired before the condition was satisfied."],
  [{ disposition: "evaluation_error" }, "evaluation_error", "The trigger could not be evaluated."],
  [{ disposition: "dead_lettered" }, "dead_lettered", "In the dead letters."],
  [{ disposition: "of_the_future" }, "evaluation_error", "of the future."],
  [{ group: group(BOTH, plain, ONE) }, "waiting_for", "Waiting for 1 of 2: customers."],
  [
    { group: group(leg("orders"), batch, ONE) },
    "batched",
    "Gathers a batch: 1 of at most 10, closes 2026-01-01 12:05:00 UTC, in 5m.",
  ],
  [
    { group: group(leg("orders"), plain, ONE), hold: { code: "pipeline_paused", ...ana } },
    "pipeline_paused",
    "Paused by ana 2026-01-01 11:58:00 UTC, 2m ago; 1 kept, which would start 1 run.",
  ],
  [
    {
      group: group(BOTH, plain, ONE),
      hold: { code: "trigger_disabled", by: null, at: null },
    },
    "trigger_disabled",
    "Disabled in its definition; 1 kept, which would start 0 runs.",
  ],
  [
    { group: group(leg("orders"), plain, ONE), limit: full },
    "limit_reached",
    "1 of 1 run active (run_9); 1 kept, which would start 1 run.",
  ],
  [
    { group: group(leg("orders"), plain, ONE) },
    "due",
    "Nothing holds it: a worker or scheduler will act on it.",
  ],
] as const)("%j is %s: %s", (part, code, sentence) => {
  const answer = explainDelivery(note(part as Partial<DeliveryNote>), NOW);
  expect(answer).toMatchObject({ reason: code, sentence });
});

const story = (part: Partial<FactStory>): FactStory => ({
  fact: {
    kind: "event",
    id: 3,
    name: "prices.stale",
    partition: {},
    at: NOW - MINUTE_MS,
    by: null,
  },
  metadata: null,
  isPending: false,
  told: 1,
  deliveries: [],
  ...part,
});

test.each([
  [{}, ["no_subscribers"]],
  [{ isPending: true }, ["not_evaluated"]],
  [{ told: 3, deliveries: [note({ disposition: "started", runId: 1 })] }, ["duplicate"]],
  [{ deliveries: [note({ disposition: "started", runId: 1 })] }, []],
])("of a fact %j is said %j", (part, codes) => {
  expect(explainFact(story(part), NOW).reasons.map(({ code }) => code)).toEqual(codes);
});

test("a story that began elsewhere is named", () => {
  const linesOf = (correlationId: string) => explainFact(story({ correlationId }), NOW).lines;
  expect(linesOf("order-17")).toContain("Its correlation id is order-17.");
  expect(linesOf("event_3")).toEqual(explainFact(story({}), NOW).lines);
});

test("a fact is told in lines, its own reasons first", () => {
  const deliveries = [note({ disposition: "started", runId: 1 })];
  expect(explainFact(story({ told: 3, deliveries }), NOW).lines).toEqual([
    "event_3  event prices.stale  2026-01-01 11:59:00 UTC, 1m ago, from outside",
    "Its source told it 2 times more; the repeats changed nothing.",
    "  ✓ report (both): Started run_1.",
  ]);
});
