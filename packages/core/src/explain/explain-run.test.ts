import { expect, test } from "vitest";
import type { ConditionSpec } from "../spec/trigger-spec.ts";
import { type ConsumedNote, explainRun, type RunStory } from "./explain-run.ts";

const NOW = Date.UTC(2026, 0, 1, 12);

const leg = (name: string): ConditionSpec => ({
  type: "leg",
  leg: {
    source: { type: "dataset", dataset: `default/${name}` },
    where: null,
    partition: {},
  },
});

const consumed = (id: number, disposition: string, number: number): ConsumedNote => ({
  kind: "update",
  id,
  name: number === 0 ? "default/orders" : "default/customers",
  partition: {},
  at: NOW - 60_000,
  by: null,
  disposition,
  legs: [number],
});

const RUN: RunStory = {
  id: 7,
  pipeline: "default/report",
  state: "running",
  trigger: "both",
  spec: {
    type: "datasets",
    enabled: true,
    condition: { type: "all", of: [leg("orders"), leg("customers")] },
    policy: { each: false },
    params: {},
  },
  cause: { type: "datasets", trigger: "both" },
  partition: {},
  params: {},
  createdAt: NOW - 30_000,
  startedAt: NOW - 30_000,
  backfillId: null,
  rerunOf: null,
  consumed: [],
  maxActiveRuns: null,
  queue: null,
};

test.each([
  [{ cause: { type: "manual" }, spec: null }, "manual", /^Started by hand\.$/],
  [
    { cause: { type: "schedule", slot: "2026-01-01T12:00:00.000Z" }, trigger: "noon", spec: null },
    "schedule",
    /^Started by the schedule noon of 2026-01-01T12:00:00\.000Z\.$/,
  ],
  [
    { cause: { type: "call", run: 7, pipeline: "shop/orders", task: "ask" }, backfillId: 2 },
    "called",
    /^Called by task ask of shop\/orders, run_7\.$/,
  ],
  [{ backfillId: 2 }, "backfill", /^Started by backfill_2\.$/],
  [{ rerunOf: 3 }, "rerun", /^Started again for run_3\.$/],
  [
    { cause: { type: "retry", run: 3, by: "ana", why: "it was late" } },
    "rerun",
    /^Started by ana, to do what failed of run_3 again: it was late\.$/,
  ],
  [
    { cause: { type: "rerun", run: 3, task: "clean", mark: "skipped", by: "ana" } },
    "rerun",
    /^Started by ana, to go on from run_3 with task clean skipped\.$/,
  ],
  [
    { cause: { type: "rerun", run: 3, task: "clean", by: "ana" } },
    "rerun",
    /^Started by ana, to do task clean and what follows of run_3 again\.$/,
  ],
  [
    { consumed: [consumed(1, "included", 0), consumed(2, "started", 1)] },
    "started",
    /^Started by customers \(update_2\), from outside, /,
  ],
  [
    {
      cause: { by: "deadline", at: "2026-01-01T11:59:30.000Z" },
      consumed: [consumed(1, "included", 0)],
    },
    "deadline",
    /^Started without customers at 2026-01-01T11:59:30\.000Z, when the deadline of trigger both passed\.$/,
  ],
  [
    { cause: { by: "late" }, rerunOf: 6, consumed: [consumed(2, "started", 1)] },
    "rerun",
    /^Started by customers \(update_2\), which came after run_6 had gone without it\.$/,
  ],
  [
    {
      cause: { by: "quiet" },
      consumed: [consumed(1, "included", 0), consumed(2, "included", 1)],
    },
    "batched",
    /^Started, when nothing more had come for its quiet time\.$/,
  ],
] as const)("%j is %s", (part, code, sentence) => {
  const { reason } = explainRun({ ...RUN, ...(part as Partial<RunStory>) }, NOW);
  expect(reason.code).toBe(code);
  expect(reason.sentence).toMatch(sentence);
});

test("what started a run is never among what was also included", () => {
  const facts = [consumed(1, "included", 0), consumed(2, "started", 1)];
  const { startedBy, alsoIncluded } = explainRun({ ...RUN, consumed: facts }, NOW);
  expect(startedBy?.id).toBe("update_2");
  expect(alsoIncluded.map(({ id }) => id)).toEqual(["update_1"]);
});

test("a partial run names the legs that it went without", () => {
  const facts = [consumed(1, "included", 0)];
  const { missing, condition } = explainRun({ ...RUN, consumed: facts }, NOW);
  expect(missing).toEqual(["customers"]);
  expect(condition).toMatchObject({ holds: false, of: [{ holds: true }, { holds: false }] });
});

test("a run says what keeps it from going on", () => {
  const sentence = "Task a sleeps until 2026-01-02T00:00:00.000Z.";
  const { gates, lines } = explainRun({ ...RUN, held: [sentence] }, NOW);
  expect(gates).toEqual([{ code: "waiting_for", sentence }]);
  expect(lines).toContain(sentence);
});

test("a run that had to wait at a limit says how long", () => {
  const story = { ...RUN, maxActiveRuns: 2, startedAt: NOW - 10_000 };
  expect(explainRun(story, NOW).gates).toEqual([
    { code: "limit_reached", sentence: "Queued 20s at the limit of 2 active runs." },
  ]);
});
