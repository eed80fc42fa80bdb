/**
 * The replay, which `simulate` and `backtest` decide by, against the store: the same pure
 * functions stand in both, and this holds the whole of the one against the whole of the other.
 */
import { all, any, atLeast, dataset, pipeline, updated } from "@millrace/core";
import { simulate, testProject, type TimelineEntry } from "@millrace/testing";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";

const metadata = z.object({ n: z.number() });
const f = dataset("f", { metadata });
const w = dataset("w", { metadata });
const d = dataset("d", { metadata });
const SOURCES = [f, w, d] as const;
/** Names all of them, whatever the triggers are about. */
const reader = pipeline("reader", {}, ({ task }) =>
  task("read", { consumes: { f, w, d } }, () => null),
);
const BEGIN = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

beforeAll(async () => {
  await (await testProject([])).close();
}, 120_000);

/** Updates come at whole minutes, and no policy decides at one: nothing happens at once. */
const duration = fc.integer({ min: 1, max: 40 }).map((minutes) => `${minutes}m30s`);
const condition = fc.constantFrom(
  () => f,
  () => all(f, w),
  () => any(f, w),
  () => any(f, all(w, d)),
  () => all(f, any(w, d)),
  () => atLeast(2, f, w, d),
);
const policy = fc.oneof(
  fc.constant({}),
  fc.constant({ each: true }),
  duration.map((within) => ({ within })),
  fc.record({ max: fc.integer({ min: 2, max: 3 }), maxWait: duration }).map((batch) => ({ batch })),
  duration.map((quiet) => ({ batch: { quiet } })),
  fc
    .record({ after: duration, then: fc.constantFrom("run-partial", "skip") })
    .map((deadline) => ({ deadline })),
);
const told = fc.record({ gap: fc.integer({ min: 1, max: 20 }), source: fc.nat(2) });
const story = fc.record({
  triggers: fc.array(fc.tuple(condition, policy), { minLength: 1, maxLength: 3 }),
  updates: fc.array(told, { minLength: 1, maxLength: 10 }),
});

type Story = typeof story extends fc.Arbitrary<infer S> ? S : never;

/** The pipeline of a story; null when its triggers may not be so. */
function build({ triggers }: Story) {
  try {
    // What a random policy does to a random condition is not the compiler's to know.
    const on = Object.fromEntries(
      triggers.map(([when, how], at) => [`t${at}`, updated(when() as typeof f, how as {})]),
    );
    return pipeline("follow", { on }, ({ task }) =>
      task("note", ({ received }) =>
        SOURCES.flatMap((source) => received(source as typeof f))
          .map((update) => update.metadata.n)
          .toSorted((a, b) => a - b),
      ),
    );
  } catch {
    return null;
  }
}

const numbersIn = (labels: readonly string[]): readonly number[] =>
  labels
    .filter((label) => /^u\d+$/.test(label))
    .map((label) => Number(label.slice(1)))
    .toSorted((a, b) => a - b);

test("a replay starts the runs that the store starts, when it does, by what it does", async () => {
  await fc.assert(
    fc.asyncProperty(story, async (given) => {
      const built = build(given);
      fc.pre(built !== null);
      let at = BEGIN;
      const entries = given.updates.map(({ gap, source }, n) => {
        at += gap * MINUTE;
        return { at, n, dataset: SOURCES[source] ?? f };
      });
      const until = at + 60 * MINUTE;
      const iso = (time: number): string => new Date(time).toISOString();
      const timeline: TimelineEntry[] = entries.map((entry) => ({
        at: iso(entry.at),
        update: entry.dataset,
        metadata: { n: entry.n },
        as: `u${entry.n}`,
      }));
      const replayed = simulate([built], [...timeline, { until: iso(until) }]).runs.map((run) => ({
        trigger: run.trigger,
        at: run.at,
        of: numbersIn([run.startedBy, ...run.included]),
      }));

      await using project = await testProject([built, reader], { now: iso(BEGIN) });
      for (const entry of entries) {
        const ms = entry.at - Date.parse(project.now);
        await project.advance(`${ms / 1_000}s`);
        await project.update(entry.dataset, { metadata: { n: entry.n } });
      }
      await project.advance("60m");
      const stored = (await project.runs(built)).map(({ trigger, startedAt, result }) => ({
        trigger,
        at: startedAt,
        of: result,
      }));
      const key = (run: { trigger: string | null; at: string | null }): string =>
        `${run.at} ${run.trigger}`;
      const sorted = <R extends { trigger: string | null; at: string | null }>(
        runs: readonly R[],
      ) => runs.toSorted((a, b) => key(a).localeCompare(key(b)));
      expect(sorted(stored)).toEqual(sorted(replayed));
    }),
    { numRuns: Number(process.env["MILLRACE_ORACLE_RUNS"] ?? 60) },
  );
}, 300_000);
