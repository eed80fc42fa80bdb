import { describe, expect, test } from "vitest";
import { decideSensor, type SensorStep } from "./decide-sensor.ts";
import type { Observation } from "./observation.ts";
import { firstSensorState, SENSOR_WAIT, type SensorWait } from "./sensor-policy.ts";

const NOW = 1_000_000;
const url = "https://airflow.example/dags/d/runs/r";
const seen = { url, at: NOW };
const missing: Observation = { type: "missing", said: "no run", ...seen };
const running: Observation = { type: "running", said: "queued", ...seen };
const failed: Observation = { type: "failed", said: "upstream_failed", ...seen };
const unreachable: Observation = { type: "unreachable", said: "timeout", ...seen };
const succeeded: Observation = { type: "succeeded", value: { id: "r" }, ...seen };
const still = { jitter: 0, everyMs: 10_000, timeoutMs: 60_000 };

/** The steps of a sensor that finds these, a look every ten seconds. */
function steps(wait: Partial<SensorWait>, found: readonly Observation[]): readonly SensorStep[] {
  let state = firstSensorState(NOW);
  return found.map((observation, index) => {
    const moment = { nowMs: NOW + index * 10_000, u: 0 };
    const step = decideSensor({ ...SENSOR_WAIT, ...still, ...wait }, observation, state, moment);
    state = step.state;
    return step;
  });
}
const types = (wait: Partial<SensorWait>, found: readonly Observation[]) =>
  steps(wait, found).map(({ decision }) => decision.type);

test("what is found is the output", () => {
  expect(steps({}, [succeeded])[0]?.decision).toEqual({ type: "done", value: { id: "r" } });
});

test("what is found counts even after the timeout", () => {
  expect(types({}, [...Array<Observation>(9).fill(running).slice(3), running, succeeded])).toEqual([
    ...Array<string>(6).fill("again"),
    "failed",
    "done",
  ]);
});

test.each([
  ["a missing one", missing, "again"],
  ["a running one", running, "again"],
  ["an unreachable one", unreachable, "again"],
  ["a failed one", failed, "failed"],
] as const)("unless told otherwise, %s is: %s", (_what, found, type) => {
  expect(types({}, [found])).toEqual([type]);
});

test("what is missing after it was there is removed", () => {
  const [, gone] = steps({}, [running, missing]);
  expect(gone?.observation.type).toBe("removed");
  expect(gone?.decision).toEqual({
    type: "failed",
    reason: `what is waited for is removed: no run (${url})`,
  });
});

test("what could not be asked is not removed", () => {
  expect(types({}, [running, unreachable, running])).toEqual(["again", "again", "again"]);
});

describe("with a grace of 20 seconds", () => {
  const onMissing = { then: "skip", graceMs: 20_000 } as const;

  test("what stays missing that long is given up", () => {
    expect(types({ onMissing }, [missing, missing, missing])).toEqual([
      "again",
      "again",
      "skipped",
    ]);
  });

  test("a break begins it anew", () => {
    const found = [missing, missing, unreachable, missing, missing];
    expect(types({ onMissing }, found)).toEqual(Array<string>(5).fill("again"));
  });

  test("its end is looked at, however long the next wait would be", () => {
    const [step] = steps({ onMissing, everyMs: 50_000 }, [missing]);
    expect(step?.decision).toEqual({ type: "again", atMs: NOW + 20_000 });
  });
});

test("a failed one may be waited out, as somebody may run it again", () => {
  const onFailed = { then: "fail", graceMs: 15_000 } as const;
  expect(types({ onFailed }, [failed, running, succeeded])).toEqual(["again", "again", "done"]);
  expect(types({ onFailed }, [failed, failed, failed])).toEqual(["again", "again", "failed"]);
});

describe("at the timeout", () => {
  const found = Array<Observation>(7).fill(running);
  test.each([
    ["fail", { type: "failed" }],
    ["skip", { type: "skipped" }],
    [{ value: null }, { type: "done", value: null }],
  ] as const)("%j gives %j", (onTimeout, decision) => {
    const all = steps({ onTimeout }, found).map((step) => step.decision);
    expect(all.slice(0, -1).every(({ type }) => type === "again")).toBe(true);
    expect(all.at(-1)).toMatchObject(decision);
  });

  test("the reason says how long, what it was and where to look", () => {
    expect(steps({}, found).at(-1)?.decision).toEqual({
      type: "failed",
      reason: `waited 1m in vain; at the last look it was running: queued (${url})`,
    });
  });
});

test("without a timeout it goes on", () => {
  expect(types({ timeoutMs: null }, Array<Observation>(100).fill(running)).at(-1)).toBe("again");
});

test("exponential waits grow up to their bound", () => {
  const backoff = { type: "exponential", factor: 2, maxMs: 50_000 } as const;
  const waits = steps({ backoff, timeoutMs: null }, Array<Observation>(5).fill(running)).map(
    ({ decision }, index) => decision.type === "again" && decision.atMs - NOW - index * 10_000,
  );
  expect(waits).toEqual([10_000, 20_000, 40_000, 50_000, 50_000]);
});
