import { expect, test } from "vitest";
import { alertQuotas } from "../alert/alert-quotas.ts";
import type { Incident } from "../alert/incident.ts";
import { incidentKey } from "../alert/incident.ts";
import type { OutItem, OutMessage } from "../ports/outbox.ts";
import { rationed } from "./ration.ts";

const message: OutMessage = { contentType: "application/json", headers: {}, body: null };

function failed(runId: number, pipeline = "sales/etl", hour = "02"): Incident {
  const since = `2026-11-21T${hour}:00:00.000Z`;
  return {
    type: "run_failed",
    runId,
    pipeline,
    partition: {},
    since,
    reason: null,
    task: null,
    error: null,
  };
}

function itemOf(incident: Incident): OutItem {
  const quotas = alertQuotas(incident, null).map(({ prefix, max, rest }) => ({
    prefix,
    max,
    rest: { key: rest.key, message },
  }));
  return { key: incidentKey(incident), message, quotas };
}

const keysOf = (told: readonly string[], incidents: readonly Incident[]): readonly string[] =>
  rationed(told, incidents.map(itemOf)).map(({ key }) => key);

test("ten thousand failures of a pipeline are ten alerts and one that says that there are more", () => {
  const storm = Array.from({ length: 10_000 }, (_, n) => failed(n));
  const told: string[] = [];
  for (let at = 0; at < storm.length; at += 200) {
    told.push(...keysOf(told, storm.slice(at, at + 200)));
  }
  expect(told).toHaveLength(11);
  expect(told.slice(0, 10)).toEqual(storm.slice(0, 10).map(incidentKey));
  expect(told[10]).toBe("run_failed:sales%2Fetl:more:2026-11-21T02");
});

test("ten thousand failures of as many pipelines are fifty alerts and one that says so", () => {
  const storm = Array.from({ length: 10_000 }, (_, n) => failed(n, `sales/etl-${n}`));
  const told = keysOf([], storm);
  expect(told).toHaveLength(51);
  expect(told[50]).toBe("more:run_failed:2026-11-21T02");
});

test("a storm of one pipeline does not keep back the failure of another", () => {
  const storm = Array.from({ length: 100 }, (_, n) => failed(n));
  const other = failed(100, "sales/etl-2");
  expect(keysOf([], [...storm, other]).at(-1)).toBe(incidentKey(other));
});

test("what was told before is told no more, and makes nobody hear of a rest", () => {
  const ten = Array.from({ length: 10 }, (_, n) => failed(n));
  const told = keysOf([], ten);
  expect(keysOf(told, ten)).toEqual([]);
});

test("in the next hour it is told again that there are more", () => {
  const ten = Array.from({ length: 10 }, (_, n) => incidentKey(failed(n)));
  expect(keysOf(ten, [failed(10), failed(11), failed(12, "sales/etl", "03")])).toEqual([
    "run_failed:sales%2Fetl:more:2026-11-21T02",
    "run_failed:sales%2Fetl:more:2026-11-21T03",
  ]);
});

test("what has no quota is told, however much of it there is", () => {
  const items = Array.from({ length: 1_000 }, (_, n) => ({ key: `update_${n}`, message }));
  expect(rationed([], items)).toHaveLength(1_000);
});
