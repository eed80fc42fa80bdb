import fc from "fast-check";
import { expect, test } from "vitest";
import { decideSensor } from "./decide-sensor.ts";
import type { Observation } from "./observation.ts";
import { firstSensorState, type SensorPolicy, type SensorWait } from "./sensor-policy.ts";

const duration = fc.integer({ min: 1, max: 1_000_000 });
const policy: fc.Arbitrary<SensorPolicy> = fc.record({
  then: fc.constantFrom("wait", "fail", "skip"),
  graceMs: fc.oneof(fc.constant(0), duration),
});
const wait: fc.Arbitrary<SensorWait> = fc.record({
  everyMs: duration,
  backoff: fc.oneof(
    fc.constant({ type: "constant" } as const),
    fc.record({
      type: fc.constant("exponential" as const),
      factor: fc.double({ min: 1, max: 10, noNaN: true }),
      maxMs: duration,
    }),
  ),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  timeoutMs: fc.option(duration),
  onTimeout: fc.constantFrom<SensorWait["onTimeout"]>("fail", "skip", { value: 1 }),
  onMissing: policy,
  onUnreachable: policy,
  onRemoved: policy,
  onFailed: policy,
});
const kind = fc.constantFrom("missing", "running", "failed", "unreachable", "succeeded");
const look = fc.record({ type: kind, lateMs: fc.nat(5_000), u: fc.double({ min: 0, max: 0.999 }) });

function toObservation(type: "missing" | "running" | "failed" | "unreachable" | "succeeded") {
  const seen = { url: null, at: 0 };
  const observation: Observation =
    type === "succeeded" ? { type, value: 1, ...seen } : { type, said: "so", ...seen };
  return observation;
}

test("a sensor that looks when it said obeys its bounds and ends", () => {
  fc.assert(
    fc.property(wait, fc.array(look, { minLength: 1, maxLength: 40 }), (given, looks) => {
      let nowMs = 1_000;
      let state = firstSensorState(nowMs);
      const deadline = given.timeoutMs === null ? Infinity : nowMs + given.timeoutMs;
      const { backoff, everyMs } = given;
      const most = backoff.type === "constant" ? everyMs : backoff.maxMs;
      for (const { type, lateMs, u } of looks) {
        const moment = { nowMs: nowMs + lateMs, u: Number.isNaN(u) ? 0 : u };
        const step = decideSensor(given, toObservation(type), state, moment);
        ({ state } = step);
        if (type === "succeeded") expect(step.decision).toEqual({ type: "done", value: 1 });
        if (step.decision.type !== "again") return;
        const { atMs } = step.decision;
        // Never again at the timeout or after it, never in the past, never later than the bound.
        expect(moment.nowMs).toBeLessThan(deadline);
        expect(atMs).toBeGreaterThan(moment.nowMs);
        expect(atMs).toBeLessThanOrEqual(deadline);
        expect(atMs - moment.nowMs).toBeLessThanOrEqual(Math.max(1, most));
        expect(Number.isInteger(atMs)).toBe(true);
        nowMs = atMs;
      }
    }),
    { numRuns: 2_000 },
  );
});

test("the same look at the same moment decides the same, and the state survives JSON", () => {
  fc.assert(
    fc.property(wait, fc.array(kind, { maxLength: 10 }), (given, kinds) => {
      let state = firstSensorState(0);
      let copied = firstSensorState(0);
      for (const [index, type] of kinds.entries()) {
        const moment = { nowMs: index * 1_000, u: 0.5 };
        const step = decideSensor(given, toObservation(type), state, moment);
        const same = decideSensor(given, toObservation(type), copied, moment);
        expect(same.decision).toEqual(step.decision);
        ({ state } = step);
        copied = JSON.parse(JSON.stringify(same.state)) as typeof state;
      }
    }),
  );
});
