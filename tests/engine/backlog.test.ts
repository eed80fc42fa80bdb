import type { ConditionTriggerSpec } from "@millrace/core/internal";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Engine, startEngine } from "./engine.ts";
import { datasetSpec, declare, leg, pipelineSpec, taskSpec, updated } from "./specs.ts";

const datasets = declare(datasetSpec("a"), datasetSpec("b"));
const KEPT = 10_000;
const EVALUATED = 500;
const MIGHT = { timeout: 180_000 };

describe.each(["embedded", "server"] as const)("a long backlog on the %s database", (kind) => {
  let engine: Engine;
  beforeEach(async () => {
    engine = await startEngine(kind);
  }, 60_000);
  afterEach(() => engine.close());

  const count = async (what: string): Promise<number> =>
    (await engine.rows<{ n: number }>(`select count(*)::int as n from ${what}`))[0]?.n ?? -1;
  const consumer = (trigger: ConditionTriggerSpec, maxActiveRuns: number | null) =>
    engine.register(
      pipelineSpec("consumer", [taskSpec("t")], {
        datasets,
        maxActiveRuns,
        triggers: { data: trigger },
      }),
    );
  /** In the shape of the intake: a minute's worth, at equal distances. */
  const insert = (many: number, dataset = "a") =>
    engine.rows(`
      with fact as (
        insert into millrace.update (dataset_id, partition, kind, metadata, source_type,
          source_key, correlation_id, hop, at)
        select d.id, '{}', 'changed', 'null', 'api', 'test', 'past', 0,
          millrace.now() - (${many} - n) * interval '6 milliseconds'
        from millrace.dataset d, generate_series(1, ${many}) n where d.name = '${dataset}'
        order by n
        returning id
      )
      insert into millrace.fact_pending (kind, id) select 'update', id from fact`);
  /** @returns How many transactions it took. */
  const evaluateAll = async (): Promise<number> => {
    for (let turns = 0; ; turns++) {
      const facts = await engine.store.listPending(0, EVALUATED);
      if (facts.length === 0) return turns;
      await engine.store.evaluate(facts);
    }
  };
  const what = { pipeline: "default/consumer", trigger: null };

  test(
    "a consumer that was paused gets each kept update once, some runs at a time",
    MIGHT,
    async () => {
      await consumer({ ...updated(leg("a")), policy: { each: false, batch: { max: 100 } } }, 5);
      await engine.store.pause(what, "test");
      await insert(KEPT);
      await evaluateAll();
      expect(await count("millrace.delivery_pending")).toBe(KEPT);
      expect(await count("millrace.run")).toBe(0);
      await engine.store.resume(what);
      const first = await engine.store.listPending(0, EVALUATED);
      await engine.store.evaluate(first);
      // Not all of it in one transaction.
      expect(await count("millrace.run")).toBe(20);
      await evaluateAll();
      for (let active = 1; active > 0;) {
        active = await count("millrace.run_active");
        expect(active).toBeLessThanOrEqual(5);
        const claimed = await engine.claim();
        for (const task of claimed) await engine.finish(task);
      }
      expect(await count("millrace.run where state = 'succeeded'")).toBe(KEPT / 100);
      const consumed = "millrace.delivery where disposition in ('started', 'included')";
      expect(await count(`${consumed} and run_id is not null`)).toBe(KEPT);
      expect(await count(`(select distinct fact_id from ${consumed}) f`)).toBe(KEPT);
    },
  );

  test(
    "batches are as large as they may be, across the parts in which they are decided",
    MIGHT,
    async () => {
      const quiet = { batch: { max: 7, quietMs: 30 } };
      await consumer({ ...updated(leg("a")), policy: { each: false, ...quiet } }, null);
      await engine.store.pause(what, "test");
      await engine.setNow("2026-03-01T00:00:00Z");
      await insert(2_500);
      await evaluateAll();
      await engine.setNow("2026-03-01T01:00:00Z");
      await engine.store.resume(what);
      await evaluateAll();
      const sizes = await engine.rows<{ n: number }>(`
      select count(*)::int as n from millrace.delivery group by run_id order by run_id`);
      expect(sizes.slice(0, -1).every(({ n }) => n === 7)).toBe(true);
      expect(sizes.reduce((sum, { n }) => sum + n, 0)).toBe(2_500);
    },
  );

  test("a leg that comes after thousands of another still completes them", MIGHT, async () => {
    const both = { type: "all", of: [leg("a"), leg("b")] } as const;
    await consumer(updated(both), null);
    await insert(2_500);
    await evaluateAll();
    expect(await count("millrace.run")).toBe(0);
    await insert(1, "b");
    await evaluateAll();
    expect(await count("millrace.run")).toBe(1);
    expect(await count("millrace.delivery_pending")).toBe(0);
  });
});
