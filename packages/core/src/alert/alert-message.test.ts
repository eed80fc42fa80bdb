import { expect, test } from "vitest";
import { toAlertMessage } from "./alert-message.ts";
import { type Incident, incidentKey } from "./incident.ts";

const since = "2026-11-21T02:00:00.000Z";
const failed: Incident = {
  type: "run_failed",
  runId: 12,
  pipeline: "default/build-delays",
  partition: { date: "2026-11-20" },
  since,
  reason: "a task failed",
  task: "load",
  error: "no such file:\n  raw.csv",
};
const missed: Incident = {
  type: "deadline_missed",
  pipeline: "ops/delays",
  trigger: "files",
  partition: { date: "2026-11-20", region: "eu" },
  missing: ["default/weather", "ops/flights"],
  since,
};
const stale: Incident = {
  type: "dataset_stale",
  dataset: "ops/flights",
  since,
  due: "2026-11-21T01:00:00.000Z",
  lastUpdate: { id: 3, at: "2026-11-19T01:00:00.000Z" },
};
const lost: Incident = { type: "dead_letter", id: 5, source: "sqs:in", reason: "no JSON", since };

test("a failure says what, since when, why and where to look", () => {
  expect(toAlertMessage(failed, "https://flow.example.com/")).toEqual({
    key: "run_failed:default%2Fbuild-delays:12",
    title: "build-delays failed (run_12)",
    since,
    facts: [
      { label: "Partition", text: "date=2026-11-20" },
      { label: "Task", text: "load" },
      { label: "Error", text: "no such file: raw.csv" },
      { label: "Reason", text: "a task failed" },
    ],
    command: "millrace why run_12",
    url: "https://flow.example.com/runs/run_12",
  });
});

test("a missed deadline names what has not come", () => {
  expect(toAlertMessage(missed, "https://flow.example.com")).toMatchObject({
    title: "ops/delays missed the deadline of its trigger files",
    facts: [
      { label: "Partition", text: "date=2026-11-20 region=eu" },
      { label: "Missing", text: "weather, ops/flights" },
    ],
    command: "millrace why ops/delays/files",
    url: "https://flow.example.com/pipelines/ops/delays",
  });
});

test("a stale dataset says when it was due and what came last", () => {
  expect(toAlertMessage(stale, null)).toMatchObject({
    title: "ops/flights is stale",
    facts: [{ text: stale.due }, { text: "update_3 at 2026-11-19T01:00:00.000Z" }],
    command: "millrace why ops/flights",
    url: null,
  });
});

test("a dead letter says of whom and why", () => {
  expect(toAlertMessage(lost, "https://a")).toMatchObject({
    title: "A message of sqs:in could not be delivered",
    facts: [{ text: "no JSON" }, { text: "dead letter 5; others of this hour are not told of" }],
    command: "millrace dead-letters 5",
    url: null,
  });
  expect(toAlertMessage({ ...lost, source: "out/webhook/crm" }, null)).toMatchObject({
    title: "A message of out/webhook/crm could not be delivered",
    command: "millrace outs webhook/crm",
  });
});

test("texts are cut to what a channel takes, on one line", () => {
  const { title, facts } = toAlertMessage(
    { ...failed, pipeline: `ops/${"p".repeat(500)}`, error: "x\n".repeat(5_000) },
    null,
  );
  expect(title.length).toBe(140);
  expect(facts.every(({ text }) => text.length <= 1_000 && !/\s{2}|\n/.test(text))).toBe(true);
});

test.each([
  [failed, { runId: 13 }],
  [missed, { since: "2026-11-22T02:00:00.000Z" }],
  [missed, { partition: { date: "2026-11-21", region: "eu" } }],
  [missed, { trigger: "other" }],
  [stale, { lastUpdate: { id: 4, at: since } }],
  [lost, { since: "2026-11-21T03:00:00.000Z" }],
  [lost, { source: "sqs:other" }],
])("%# is another incident", (incident, change) => {
  expect(incidentKey({ ...incident, ...change } as Incident)).not.toBe(incidentKey(incident));
});

test.each([
  [failed, { error: "other", since: "2026-11-22T02:00:00.000Z" }],
  [missed, { partition: { region: "eu", date: "2026-11-20" }, missing: [] }],
  [stale, { since: "2026-11-22T02:00:00.000Z" }],
  [lost, { id: 6, reason: "other", since: "2026-11-21T02:59:59.999Z" }],
])("%# is the same incident, told again", (incident, change) => {
  expect(incidentKey({ ...incident, ...change } as Incident)).toBe(incidentKey(incident));
});

test("no two incidents share a key by the letters of their names", () => {
  const one = { ...lost, source: "a:2026-11-21T02" };
  expect(incidentKey(one)).toBe("dead_letter:a%3A2026-11-21T02:2026-11-21T02");
});
