import { type ExternalCheck, pipeline } from "@millrace/core";
import type { Asker, CheckGroup, DecideCheck, JsonValue } from "@millrace/core/internal";
import {
  type Checker,
  type Clock,
  CHECKER_DEFAULTS,
  startChecker,
  systemClock,
} from "@millrace/worker";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Fleet, openFleet } from "../worker/fleet.ts";

/** What the loop sleeps passes twenty times as fast. */
const clock: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 20, signal) };

/** An outside system whose jobs are done at their third look, or fail, or never end. */
class Jobs implements Asker<JsonValue> {
  readonly looks = new Map<string, number>();

  async ask({ checks }: CheckGroup): Promise<readonly JsonValue[]> {
    return checks.map(({ wait }) => {
      const job = JSON.stringify(wait.check["job"]).slice(1, -1);
      const looks = (this.looks.get(job) ?? 0) + 1;
      this.looks.set(job, looks);
      if (job.startsWith("endless")) return "running";
      if (job.startsWith("bad")) return "failed";
      return looks < 3 ? "running" : { job, looks };
    });
  }
}

const decide: DecideCheck<JsonValue> = (check, seen, { now }) => {
  if (seen === "failed") return { type: "failed", reason: "the job failed" };
  if (seen !== "running") return { type: "done", value: seen };
  return { type: "again", at: now + check.wait.everyMs, state: null, seen: "running" };
};

interface Done {
  readonly job: string;
  readonly looks: number;
}
const job = (name: string): ExternalCheck<Done> & { readonly job: string } => ({
  kind: "jobs",
  target: "jobs.example",
  job: name,
});

describe.each(["embedded", "server"] as const)("sensors on the %s database", (kind) => {
  const jobs = new Jobs();
  let fleet: Fleet;
  let checker: Checker;
  beforeAll(async () => {
    fleet = await openFleet(kind);
    checker = startChecker(
      { checks: fleet.store, asker: jobs, decide, followUps: fleet, clock, observe: () => {} },
      { ...CHECKER_DEFAULTS, gapMs: 50 },
    );
    const late = { every: "1s", timeout: "1s500ms" } as const;
    await fleet.register(
      pipeline("waits", {}, ({ sensor, task }) => {
        const done = sensor("done", { check: ({ run }) => job(run.id), every: "1s" });
        return task("next", { needs: { done } }, ({ needs }) => needs.done.looks);
      }),
      pipeline("bad", {}, ({ sensor }) => sensor("s", { check: job("bad"), every: "1s" })),
      pipeline("fails", {}, ({ sensor }) => sensor("s", { check: job("endless 1"), ...late })),
      pipeline("skips", {}, ({ sensor }) =>
        sensor("s", { check: job("endless 2"), ...late, onTimeout: "skip" }),
      ),
      pipeline("gives", {}, ({ sensor }) =>
        sensor("s", { check: job("endless 3"), ...late, onTimeout: { value: "none" } }),
      ),
      pipeline("in-code", {}, ({ task }) =>
        task("t", async ({ waitForCheck }) => {
          const end = await waitForCheck(job("in code"), { every: "1s" });
          return end.state === "done" ? end.value.looks : end.state;
        }),
      ),
    );
    await fleet.worker(kind === "server" ? { leaseMs: 60_000 } : {});
  }, 60_000);
  afterAll(async () => {
    await checker.stop();
    await fleet.close();
  });

  test.each([
    ["waits", { state: "succeeded", result: 3 }],
    ["bad", { state: "failed" }],
    ["fails", { state: "failed" }],
    ["skips", { state: "succeeded", result: null }],
    ["gives", { state: "succeeded", result: "none" }],
    ["in-code", { state: "succeeded", result: 3 }],
  ] as const)(
    "of %s the run ends as %j",
    async (name, end) => {
      const run = await fleet.ended(await fleet.start(name));
      expect(run).toMatchObject(end);
      const [task] = run.tasks;
      if (name === "skips") expect(task?.state).toBe("skipped");
      if (name === "bad") expect(JSON.stringify(run)).toContain("the job failed");
      if (name === "fails") {
        const message = "it did not come true within 1s500ms; seen last: running";
        expect(JSON.stringify(run)).toContain(message);
      }
    },
    30_000,
  );
});
