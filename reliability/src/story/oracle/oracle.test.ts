import { definitionOf } from "@millrace/core/internal";
import { expect, test } from "vitest";
import { Bucket } from "../bucket.ts";
import { pipelinesOf } from "../cast.ts";
import { drawOf } from "../chance.ts";
import { knobsOf } from "../knobs.ts";
import { Ledger } from "../ledger.ts";
import { SimSqs } from "../sim-sqs.ts";
import { NOWHERE } from "../story.ts";
import { completedOnce } from "./completed-once.ts";
import { consumedOnce } from "./consumed-once.ts";
import type { Found, FoundDelivery, FoundTask, FoundUpdate } from "./found.ts";
import { objectsKept } from "./objects-kept.ts";
import { receivedOnce } from "./received-once.ts";
import { slotsFired } from "./slots-fired.ts";
import { stepsKept } from "./steps-kept.ts";
import { toldOnce } from "./told-once.ts";

const ledgerOf = (): Ledger => new Ledger();
const specs = pipelinesOf(
  { families: new Set(["chain"]), leaves: null },
  {
    seed: 1,
    knobs: { ...knobsOf(drawOf(1, "knobs")), each: true },
    ledger: ledgerOf(),
    outside: NOWHERE,
    build: 1,
  },
).map((each) => definitionOf(each).spec);

const NOTHING: Found = {
  updates: [],
  events: [],
  runs: [],
  tasks: [],
  deliveries: [],
  objects: [],
  deadLetters: [],
  fires: [],
  paused: new Set(),
};

const update = (part: Partial<FoundUpdate>): FoundUpdate => ({
  ...{ id: 1, of: "default/raw", mark: 7, exec: 0, taskRunId: null },
  ...{ sourceType: "api", sourceKey: "story", contentVersion: null },
  ...part,
});
const delivery = (part: Partial<FoundDelivery>): FoundDelivery => ({
  ...{ pipeline: "default/chain-first", trigger: "raw", kind: "update", factId: 1 },
  ...{ disposition: "started", runId: 1 },
  ...part,
});
const RUN = {
  ...{ id: 1, pipeline: "default/chain-first", trigger: "raw", state: "running" },
  ...{ mark: 0, isRepeat: false, slot: null },
};
const task = (part: Partial<FoundTask>): FoundTask => ({
  ...{ id: 1, runId: 1, task: "write", item: -1, state: "succeeded", crashes: 0, why: null },
  ...{ output: { exec: 1 }, startedAt: 1_000, isMarked: false },
  ...part,
});

function invariantsOf(violations: readonly { readonly invariant: string }[]): readonly string[] {
  return violations.map(({ invariant }) => invariant);
}

/** What a teller was told of update 7, and how often it is there. */
function told(answers: readonly ("returned" | "threw" | "lost" | "refused")[], times: number) {
  const ledger = ledgerOf();
  for (const answer of answers) {
    const call = ledger.ask("update", 7, [{ mark: 7, dataset: "default/raw", isKeyed: false }]);
    if (answer === "returned") call.answer = { returned: [1] };
    if (answer === "threw") call.answer = { threw: "STORE_UNAVAILABLE" };
    if (answer === "refused") call.answer = { threw: "NOT_FOUND" };
  }
  const updates = Array.from({ length: times }, (_, index) => update({ id: index + 1 }));
  return invariantsOf(toldOnce(ledger, { ...NOTHING, updates }));
}

test("what was told is there as often as its teller believes", () => {
  expect(told(["returned"], 1)).toEqual([]);
  expect(told(["returned"], 0)).toEqual(["I5"]);
  expect(told(["returned"], 2)).toEqual(["I5"]);
  expect(told(["threw"], 0)).toEqual([]);
  expect(told(["threw"], 1)).toEqual([]);
  expect(told(["threw"], 2)).toEqual(["I5"]);
  expect(told(["lost"], 2)).toEqual(["I5"]);
  expect(told(["refused"], 1)).toEqual(["I5"]);
  expect(told(["threw", "returned"], 1)).toEqual([]);
  expect(told([], 1)).toEqual(["I6"]);
});

/** What comes of an update of raw, with these deliveries at its one trigger. */
function consumed(deliveries: readonly FoundDelivery[], more: Partial<Found> = {}) {
  const found = { ...NOTHING, updates: [update({})], runs: [RUN], deliveries, ...more };
  return invariantsOf(consumedOnce(specs, found));
}

test("an update reaches each trigger that matches it once, and is dealt with", () => {
  expect(consumed([delivery({})])).toEqual([]);
  expect(consumed([])).toEqual(["I1"]);
  expect(consumed([delivery({}), delivery({})])).toEqual(["I2"]);
  expect(consumed([delivery({ disposition: "waiting_for", runId: null })])).toEqual(["I1"]);
  const paused = new Set(["default/chain-first"]);
  expect(consumed([delivery({ disposition: "waiting_for", runId: null })], { paused })).toEqual([]);
  expect(consumed([delivery({ runId: null })])).toEqual(["I12"]);
});

test("a trigger that takes each fact alone gives each run one", () => {
  const second = { ...RUN, pipeline: "default/chain-second", trigger: "clean" };
  const at = (factId: number) =>
    delivery({ pipeline: second.pipeline, trigger: "clean", factId, runId: 1 });
  const updates = [1, 2].map((id) => update({ id, of: "default/clean" }));
  const one = { ...NOTHING, updates: updates.slice(0, 1), runs: [second], deliveries: [at(1)] };
  expect(invariantsOf(consumedOnce(specs, one))).toEqual([]);
  const two = { ...one, updates, deliveries: [at(1), at(2)] };
  expect(invariantsOf(consumedOnce(specs, two))).toEqual(["I2"]);
});

/** What is to be said of a task that writes, after these executions of its handler. */
function completed(
  ends: readonly ("returned" | "threw" | "open")[],
  parts: Partial<FoundTask>,
  execs: readonly number[] = [1],
) {
  const ledger = ledgerOf();
  for (const [index, end] of ends.entries()) {
    const place = { pipeline: "", task: "write", runId: 1, key: "run_1.write" };
    const begun = ledger.begin({
      ...place,
      process: "p",
      beganAt: 900 + index * 200,
      received: [],
    });
    begun.end = end;
  }
  const updates = execs.map((exec, index) =>
    update({ id: index + 1, of: "default/clean", mark: 0, exec, taskRunId: 1 }),
  );
  const found = { ...NOTHING, runs: [RUN], tasks: [task(parts)], updates };
  return invariantsOf(completedOnce(ledger, specs, found));
}

test("a task that succeeded has the effects of the execution that completed it", () => {
  expect(completed(["returned"], { startedAt: 800 })).toEqual([]);
  expect(completed([], {})).toEqual(["I4"]);
  expect(completed(["open"], {})).toEqual(["I4"]);
  expect(completed(["returned"], { output: { exec: 5 } }, [5])).toEqual(["I4"]);
  expect(completed(["returned"], { startedAt: 800 }, [])).toEqual(["I4"]);
  expect(completed(["returned"], { startedAt: 800 }, [1, 1])).toEqual(["I4"]);
  expect(completed(["threw"], { state: "failed", output: null }, [1])).toEqual(["I4"]);
});

test("an execution from before the last claim completes nothing", () => {
  expect(completed(["returned", "returned"], { startedAt: 1_000 })).toEqual(["I3"]);
  expect(completed(["returned", "returned"], { output: { exec: 2 } }, [2])).toEqual([]);
  expect(completed(["returned", "returned"], { output: { exec: 2 } }, [1])).toEqual(["I3"]);
});

test("a handler that never threw, and whose processes did not die thrice, has not failed", () => {
  expect(completed(["open"], { state: "failed", output: null }, [])).toEqual(["I23"]);
  expect(completed(["open"], { state: "failed", output: null, crashes: 3 }, [])).toEqual([]);
  expect(completed(["threw"], { state: "failed", output: null }, [])).toEqual([]);
});

test("handlers receive what their run consumed", () => {
  const ledger = ledgerOf();
  const place = { pipeline: "", task: "load", runId: 1, key: "run_1.load", process: "p" };
  ledger.begin({ ...place, beganAt: 0, received: ["mark 7"] }).end = "returned";
  const found = { ...NOTHING, runs: [RUN], updates: [update({})], deliveries: [delivery({})] };
  expect(receivedOnce(ledger, found)).toEqual([]);
  const other = { ...found, deliveries: [delivery({ runId: 2 })] };
  expect(invariantsOf(receivedOnce(ledger, other))).toEqual(["I2"]);
});

test("a durable handler remembers what its steps did", () => {
  const ledger = ledgerOf();
  ledger.steps.push({ key: "run_1.talk", step: "first", exec: 1 });
  ledger.steps.push({ key: "run_1.talk", step: "second", exec: 2 });
  const talk = (first: number) => task({ task: "talk", output: { exec: 2, first, second: 2 } });
  expect(stepsKept(ledger, { ...NOTHING, runs: [RUN], tasks: [talk(1)] })).toEqual([]);
  const other = { ...NOTHING, runs: [RUN], tasks: [talk(9)] };
  expect(invariantsOf(stepsKept(ledger, other))).toEqual(["I4"]);
});

test("objects end as their buckets have them, and poison is one letter", () => {
  const queue = new SimSqs(drawOf(1, "queue"));
  const [lake, mail] = [new Bucket("lake", queue), new Bucket("mail", queue)];
  mail.write("in/a.eml", 1_000, true);
  mail.write("in/a.eml", 2_000, true);
  const ledger = ledgerOf();
  ledger.poison.push("bad");
  const known = (etag: string) => ({ bucket: "mail", key: "in/a.eml", kind: "changed", etag });
  const judged = (found: Partial<Found>) =>
    invariantsOf(objectsKept(ledger, { lake, mail }, { ...NOTHING, ...found }));
  expect(judged({ objects: [known("etag2")], deadLetters: ["bad"] })).toEqual([]);
  expect(judged({ objects: [known("etag1")], deadLetters: ["bad"] })).toEqual(["I13"]);
  expect(judged({ deadLetters: ["bad"] })).toEqual(["I15"]);
  expect(judged({ objects: [known("etag2")] })).toEqual(["I14"]);
  expect(judged({ objects: [known("etag2")], deadLetters: ["bad", "bad"] })).toEqual(["I14"]);
  const version = update({
    of: "default/mail",
    sourceType: "s3",
    contentVersion: "etag2",
    mark: 0,
  });
  const updates = [version, { ...version, id: 2 }];
  expect(judged({ objects: [known("etag2")], deadLetters: ["bad"], updates })).toEqual(["I6"]);
});

test("a schedule fires once for each of its slots, and for nothing else", () => {
  const ledger = ledgerOf();
  ledger.registeredAt = Date.parse("2026-03-08T06:59:30Z");
  const now = Date.parse("2026-03-08T07:01:30Z");
  const at = (of: string, time: string) => ({
    of: `default/${of}`,
    slot: Date.parse(`2026-03-08T${time}Z`),
  });
  const good = [
    at("minutely tick", "07:00:00"),
    at("minutely tick", "07:01:00"),
    at("nightly gap", "07:00:00"),
  ];
  const judged = (fires: Found["fires"], more: Partial<Found> = {}) =>
    invariantsOf(slotsFired(ledger, { ...NOTHING, fires, ...more }, now));
  expect(judged(good)).toEqual([]);
  expect(judged([])).toEqual(["I10", "I10", "I10"]);
  expect(judged(good.slice(1))).toEqual(["I10"]);
  expect(judged(good.slice(0, 2))).toEqual(["I10"]);
  expect(judged([...good, at("nightly doubled", "07:00:00")])).toEqual(["I10"]);
  const run = { ...RUN, pipeline: "default/minutely", trigger: "tick", slot: now };
  expect(judged(good, { runs: [run, { ...run, id: 2 }] })).toEqual(["I10"]);
});
