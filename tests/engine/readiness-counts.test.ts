import type { ObservedObject, ReadySpec } from "@millrace/core/internal";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PARTITION_CHECKS } from "../../reliability/src/invariants/partition-checks.ts";
import { type Engine, startEngine } from "./engine.ts";
import { datasetSpec, DAY, declare, pipelineSpec, taskSpec } from "./specs.ts";

/** The same is told to both; what one may forget of partitions, it forgets at once. */
let engines: readonly [keeping: Engine, forgetting: Engine];
beforeAll(async () => {
  engines = await Promise.all([startEngine("server"), startEngine("server")]);
}, 60_000);
afterAll(() => Promise.all(engines.map((engine) => engine.close())));

const DAYS = ["2026-03-01", "2026-03-02"] as const;
const NOON_MS = Date.UTC(2026, 2, 1, 12);
const STEP_MS = 60_000;

const RULES: readonly ReadySpec[] = [
  { type: "count", count: 2 },
  { type: "totalBytes", bytes: 150 },
  { type: "marker", name: "_SUCCESS" },
  { type: "manifest", name: "manifest.json" },
  { type: "quiet", quietMs: 2 * STEP_MS },
];

/** What happens to one object; keys that a manifest may list, and those that rules look for. */
const happening = fc.record({
  name: fc.constantFrom("a", "b", "c", "_SUCCESS", "x/_SUCCESS", "manifest.json"),
  keyDay: fc.constantFrom(...DAYS),
  /** Seldom another one than the key says: the template of the dataset has changed. */
  isMoved: fc.nat(9).map((n) => n === 0),
  isRemoved: fc.nat(3).map((n) => n === 0),
  content: fc.nat(2),
  bytes: fc.option(fc.constantFrom(50, 100)),
  /** Told late, it is out of date. */
  lateness: fc.nat(3),
  listed: fc.option(fc.subarray(["a", "b", "c", "d"])),
});
const step = fc.oneof(
  { weight: 8, arbitrary: fc.array(happening, { minLength: 1, maxLength: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom(...RULES, null) },
  { weight: 1, arbitrary: fc.constant("again" as const) },
);
const story = fc.record({
  first: fc.constantFrom(...RULES),
  steps: fc.array(step, { minLength: 5, maxLength: 12 }),
});

type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

function toObject(what: Happening, version: number): ObservedObject {
  const { name, keyDay, isMoved, isRemoved, content, bytes, lateness, listed } = what;
  const day = isMoved ? DAYS[keyDay === DAYS[0] ? 1 : 0] : keyDay;
  const at = Math.max(1, version - lateness);
  const isManifest = name === "manifest.json" && !isRemoved && listed !== null;
  return {
    dataset: "default/raw",
    partition: { date: day },
    kind: isRemoved ? "removed" : "changed",
    bucket: "lake",
    key: `raw/${keyDay}/${name}`,
    etag: isRemoved ? null : `e${content}`,
    bytes: isRemoved ? null : bytes,
    versionId: null,
    sequencer: at.toString(16).padStart(8, "0"),
    at: NOON_MS + at,
    via: "event",
    ...(isManifest && { listed: listed.map((each) => `raw/${keyDay}/${each}`) }),
  };
}

const pipeline = (ready: ReadySpec | null) => {
  const raw = { uri: "s3://lake/raw/{date}/**", partitions: DAY, ...(ready && { ready }) };
  const datasets = declare(datasetSpec("raw", raw));
  return pipelineSpec("reader", [taskSpec("t")], { partitions: DAY, datasets });
};

const WRONG = PARTITION_CHECKS.map(({ broken }) => broken(() => "true")).join(" union all ");

test("counts are those of what is there, and what is forgotten changes nothing that is told", async () => {
  const both = (act: (engine: Engine) => Promise<unknown>) => Promise.all(engines.map(act));
  let version = 0;
  let now = NOON_MS;
  await fc.assert(
    fc.asyncProperty(story, async ({ first, steps }) => {
      await both((engine) =>
        engine.rows(`with updates as (delete from millrace.update),
            facts as (delete from millrace.fact_pending),
            objects as (delete from millrace.object_state)
          delete from millrace.partition_ready`),
      );
      let last: readonly ObservedObject[] = [];
      for (const each of [first, ...steps]) {
        now += STEP_MS;
        const objects = Array.isArray(each) ? each.map((what) => toObject(what, ++version)) : last;
        await both(async (engine) => {
          await engine.setNow(new Date(now).toISOString());
          if (each === null || (typeof each === "object" && !Array.isArray(each)))
            await engine.register(pipeline(each as ReadySpec | null));
          else await engine.store.recordObjects(objects);
          await engine.store.fireDue(100);
          expect(await engine.rows(WRONG)).toEqual([]);
        });
        last = objects;
        await engines[1].store.prune("partition", { historyMs: 0, keysMs: 0 }, 100);
      }
      const [kept, forgotten] = await both((engine) =>
        engine.rows("select partition, kind, uri, metadata from millrace.update order by id"),
      );
      expect(forgotten).toEqual(kept);
    }),
    { numRuns: 12 },
  );
}, 120_000);
