import type {
  ConditionTriggerSpec,
  PipelineSpec,
  PolicySpec,
  TriggerSpec,
} from "@millrace/core/internal";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Engine, startEngine } from "./engine.ts";
import { DAY, datasetSpec, declare, leg, pipelineSpec, taskSpec, updated } from "./specs.ts";

const a = datasetSpec("a", { partitions: DAY });
const b = datasetSpec("b", { partitions: DAY });
const datasets = declare(a, b);
const one = { date: "2026-03-01" };
const both = { type: "all", of: [leg("a", ["date"]), leg("b", ["date"])] } as const;

function policy(
  condition: ConditionTriggerSpec["condition"],
  more: Partial<PolicySpec>,
): TriggerSpec {
  return { ...updated(condition), policy: { each: false, ...more } };
}

function pipelineOn(trigger: TriggerSpec, part: Partial<PipelineSpec> = {}): PipelineSpec {
  const triggers = { data: trigger };
  return pipelineSpec("p", [taskSpec("t")], { partitions: DAY, datasets, triggers, ...part });
}

const P = { pipeline: "default/p", trigger: null };
const at = (time: string): string => `2026-03-01T${time}:00Z`;

describe.each(["embedded", "server"] as const)("policies on the %s database", (kind) => {
  let engine: Engine;
  beforeEach(async () => {
    engine = await startEngine(kind);
    await engine.setNow(at("00:00"));
  }, 60_000);
  afterEach(() => engine.close());

  /** Runs in order, with the datasets that each consumed. */
  const runs = async (): Promise<readonly string[]> => {
    const rows = await engine.rows<{ text: string }>(`
      select coalesce(string_agg(s.name || ':' || d.disposition, ' ' order by d.position), '') as text
      from millrace.run r
      left join millrace.delivery d on d.run_id = r.id
      left join millrace.update u on u.id = d.fact_id
      left join millrace.dataset s on s.id = u.dataset_id
      group by r.id order by r.id`);
    return rows.map(({ text }) => text);
  };
  const dispositions = async (): Promise<readonly string[]> => {
    const rows = await engine.rows<{ disposition: string }>(
      "select disposition from millrace.delivery order by id",
    );
    return rows.map(({ disposition }) => disposition);
  };
  /** Time passes, and every timer that is due fires. */
  const pass = async (to: string): Promise<void> => {
    await engine.setNow(at(to));
    while ((await engine.store.fireDue(100)).fired > 0);
    await engine.settle();
  };
  const tell = async (when: string, dataset: string, partition = one): Promise<void> => {
    await pass(when);
    await engine.update(dataset, partition);
    await engine.settle();
  };

  test("a batch closes when nothing came for a while, by the times of its facts", async () => {
    const quiet = { batch: { quietMs: 10 * 60_000, maxWaitMs: 30 * 60_000 } };
    await engine.register(pipelineOn(policy(leg("a", ["date"]), quiet)));
    await tell("01:00", "a");
    await tell("01:05", "a");
    expect(await runs()).toEqual([]);
    // The evaluator was away, and looks long after the batch has closed.
    await engine.setNow(at("01:40"));
    await engine.update("a", one);
    await engine.settle();
    expect(await runs()).toEqual(["a:included a:included"]);
    await pass("01:50");
    expect(await runs()).toEqual(["a:included a:included", "a:included"]);
  });

  test("a sized batch takes exactly so many", async () => {
    await engine.register(pipelineOn(policy(leg("a", ["date"]), { batch: { max: 2 } })));
    for (let count = 0; count < 5; count++) await engine.update("a", one);
    await engine.settle();
    expect(await runs()).toEqual(["a:included a:started", "a:included a:started"]);
    expect((await dispositions()).at(-1)).toBe("waiting_for");
  });

  test("what falls out of the window expires, and never pairs with what comes later", async () => {
    await engine.register(pipelineOn(policy(both, { withinMs: 3_600_000 })));
    await tell("01:00", "a");
    await tell("03:00", "b");
    expect(await runs()).toEqual([]);
    await tell("03:30", "a");
    expect(await runs()).toEqual(["b:included a:started"]);
    expect(await dispositions()).toEqual(["expired", "included", "started"]);
  });

  test("a deadline starts a partial run, and a late leg reruns it with all that it had", async () => {
    const due = { afterMs: 3_600_000 };
    const deadline = { due, then: "run-partial", late: "rerun" } as const;
    await engine.register(pipelineOn(policy(both, { deadline })));
    await tell("01:00", "a");
    await pass("02:00");
    expect(await runs()).toEqual(["a:included"]);
    const [partial] = await engine.rows<{ cause: object }>("select cause from millrace.run");
    expect(partial?.cause).toMatchObject({ by: "deadline", missing: ["default/b"] });
    await pass("05:00");
    await engine.update("b", one);
    await engine.store.evaluate(await engine.store.listPending(0, 10));
    const [rerun] = await engine.claim();
    expect(rerun?.received.map((fact) => fact.kind === "update" && fact.update.dataset)).toEqual([
      "default/a",
      "default/b",
    ]);
    expect(await runs()).toEqual(["a:included", "b:started"]);
  });

  test("a missed deadline is told of once, as an event, and the trigger goes on waiting", async () => {
    const due = { afterMs: 3_600_000 };
    const deadline = { due, then: "alert", late: "record" } as const;
    await engine.register(pipelineOn(policy(both, { deadline })));
    await tell("01:00", "a");
    await pass("02:30");
    await pass("03:30");
    const events = await engine.rows<object>(
      "select name, data, source_type, source_key, hop, correlation_id from millrace.event",
    );
    expect(events).toMatchObject([
      { name: "millrace.deadline.missed", data: { pipeline: "default/p", missing: ["default/b"] } },
    ]);
    const told = { source_type: "trigger", source_key: "default/p/data", hop: 1 };
    expect(events).toMatchObject([{ ...told, correlation_id: "event_1" }]);
    await tell("04:00", "b");
    expect(await runs()).toEqual(["a:included b:started"]);
  });

  test("while it is paused a trigger keeps what comes, and resuming starts it", async () => {
    await engine.register(pipelineOn(updated(leg("a", ["date"]), true)));
    await engine.store.pause(P, "ana");
    await tell("01:00", "a");
    await tell("01:10", "a");
    expect(await runs()).toEqual([]);
    expect(await dispositions()).toEqual(["waiting_for", "waiting_for"]);
    await engine.store.resume(P);
    await engine.settle();
    expect(await runs()).toEqual(["a:started", "a:started"]);
  });

  test.each([
    ["drop" as const, ["dropped", "dropped"], []],
    ["latest" as const, ["superseded", "started"], ["a:started"]],
  ])("while it is paused a trigger may %s", async (whilePaused, expected, started) => {
    await engine.register(pipelineOn(policy(leg("a", ["date"]), { each: true, whilePaused })));
    await engine.store.pause(P, "ana");
    await tell("01:00", "a");
    await tell("01:10", "a");
    await engine.store.resume(P);
    await engine.settle();
    expect(await dispositions()).toEqual(expected);
    expect(await runs()).toEqual(started);
  });

  test("at the limit a batch gathers, and the end of a run starts one for all of it", async () => {
    await engine.register(pipelineOn(updated(leg("a", ["date"])), { maxActiveRuns: 1 }));
    const evaluate = async () => engine.store.evaluate(await engine.store.listPending(0, 10));
    await engine.update("a", one);
    await evaluate();
    const [task] = await engine.claim();
    for (let count = 0; count < 3; count++) {
      await engine.update("a", one);
      await evaluate();
    }
    expect(await runs()).toEqual(["a:started"]);
    if (task !== undefined) await engine.finish(task);
    await engine.settle();
    expect(await runs()).toEqual(["a:started", "a:included a:included a:started"]);
  });

  test("at the limit a pipeline may skip, and says so", async () => {
    const part = { maxActiveRuns: 1, whenActive: "skip" } as const;
    await engine.register(pipelineOn(updated(leg("a", ["date"]), true), part));
    await engine.update("a", one);
    await engine.update("a", one);
    await engine.settle();
    expect(await dispositions()).toEqual(["started", "limit_reached"]);
  });

  test("at the limit a pipeline may replace the run that is active", async () => {
    const part = { maxActiveRuns: 1, whenActive: "replace" } as const;
    await engine.register(pipelineOn(updated(leg("a", ["date"]), true), part));
    await engine.update("a", one);
    await engine.store.evaluate(await engine.store.listPending(0, 10));
    await engine.update("a", one);
    await engine.settle();
    const states = await engine.rows<{ state: string }>(
      "select state from millrace.run order by id",
    );
    expect(states.map(({ state }) => state)).toEqual(["cancelled", "succeeded"]);
  });

  test("the same content version makes no run, per place", async () => {
    await engine.register(pipelineOn(policy(leg("a", ["date"]), { changedOnly: true })));
    const tellVersion = async (contentVersion: string, partition = one): Promise<void> => {
      await engine.store.recordUpdates([
        {
          dataset: "default/a",
          partition,
          kind: "changed",
          uri: null,
          metadata: null,
          source: { type: "api", key: "test" },
          idempotencyKey: null,
          correlationId: null,
          contentVersion,
        },
      ]);
      await engine.settle();
    };
    await tellVersion("v1");
    await tellVersion("v1");
    await tellVersion("v1", { date: "2026-03-02" });
    await tellVersion("v2");
    await tellVersion("v1");
    const told = ["started", "unchanged", "started", "started", "started"];
    expect(await dispositions()).toEqual(told);
  });

  const week = { week: { kind: "week", start: "2026-W01", timezone: "UTC" } } as const;
  const byWeek = {
    source: { type: "dataset", dataset: "default/a" },
    where: null,
    partition: { week: { map: "rollup", from: "date" } },
  } as const;

  test("the latest of each partition stays while a trigger that gathers them is paused", async () => {
    const whole = { type: "leg", leg: { ...byWeek, complete: { date: "all" } } } as const;
    const trigger = policy(whole, { whilePaused: "latest" });
    await engine.register(pipelineOn(trigger, { partitions: week }));
    await engine.store.pause(P, "ana");
    for (const day of ["02", "03", "02", "04", "05", "06", "07", "08"]) {
      await engine.update("a", { date: `2026-03-${day}` });
      await engine.settle();
    }
    await engine.store.resume(P);
    await engine.settle();
    const included = Array.from({ length: 6 }, () => "included");
    expect(await dispositions()).toEqual(["superseded", ...included, "started"]);
  });

  test("a complete leg waits until every partition exists, and after that for any", async () => {
    const trigger = updated({ type: "leg", leg: { ...byWeek, complete: { date: "all" } } });
    await engine.register(pipelineOn(trigger, { partitions: week }));
    const days = ["02", "03", "04", "05", "06", "07"];
    for (const day of days) await engine.update("a", { date: `2026-03-${day}` });
    await engine.settle();
    expect(await runs()).toEqual([]);
    await engine.update("a", { date: "2026-03-08" });
    await engine.settle();
    expect(await runs()).toHaveLength(1);
    await engine.update("a", { date: "2026-03-04" });
    await engine.settle();
    expect(await runs()).toHaveLength(2);
  });

  test("an edited trigger gives what waits its new legs, and says what fits no more", async () => {
    await engine.register(pipelineOn(updated(both)));
    await tell("01:00", "a");
    await engine.register(pipelineOn(updated(leg("a", ["date"]))));
    await engine.settle();
    expect(await runs()).toEqual(["a:started"]);
    await engine.register(pipelineOn(updated(both)));
    await tell("02:00", "b");
    await engine.register(pipelineOn(updated(leg("a", ["date"]))));
    await engine.settle();
    expect(await dispositions()).toEqual(["started", "trigger_changed"]);
  });

  test("a decision survives the process that asked for it", async () => {
    await engine.register(pipelineOn(policy(leg("a", ["date"]), { batch: { quietMs: 60_000 } })));
    await tell("01:00", "a");
    await engine.setNow(at("01:10"));
    // Fired, and then nobody: the wake waits in its outbox for whoever sweeps.
    await engine.store.fireDue(10);
    expect(await runs()).toEqual([]);
    await engine.settle();
    expect(await runs()).toEqual(["a:included"]);
  });
});
