import { present, type Wait } from "@millrace/core/internal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, startEngine } from "./engine.ts";
import { pipelineSpec, taskSpec } from "./specs.ts";
import { asking, calling, forEvent, forPipeline, waitingRoom } from "./waiting-room.ts";

const HISTORY = 20_000;
const MANY = 5_000;
/** Of a table of that size, what a look that goes by an index reads at most. */
const READ_MAX = 500;

describe("of what lies long behind, a wait reads next to nothing", () => {
  let engine: Engine;
  const room = waitingRoom(() => engine);
  beforeAll(async () => {
    engine = await startEngine("server");
    await room.moveClock(0);
    await engine.register(
      pipelineSpec("other", [taskSpec("do")]),
      pipelineSpec("called", [taskSpec("do")]),
      pipelineSpec("waiter", [taskSpec("ask")]),
    );
    await engine.rows(`
      insert into millrace.run (pipeline_id, version_id, state, trigger_name, cause, partition,
        params, correlation_id, hop, created_at, ended_at, logical_at)
      select p.id, p.version_id, 'succeeded', 'manual', '{}', '{"day":"' || i || '"}', '{}', 'c', 0,
        at, at, at
      from millrace.pipeline p, generate_series(1, ${HISTORY}) i,
        lateral (select millrace.now() - (${HISTORY + 10_000} - i) * interval '1 minute' as at)
      where p.name = 'other'`);
    await engine.rows(`
      insert into millrace.event (name, data, source_type, source_key, correlation_id, hop, at)
      select 'noise.' || i % 50, '{}', 'api', 'test', 'c', 0, millrace.now() - interval '1 hour'
      from generate_series(1, ${HISTORY}) i`);
    await engine.rows("analyze");
  }, 60_000);
  afterAll(() => engine.close());

  const readOf = async (table: string): Promise<number> => {
    await engine.rows("select pg_stat_force_next_flush()");
    await engine.rows("select pg_stat_clear_snapshot()");
    const [row] = await engine.rows<{ n: number }>(`
      select seq_tup_read::int + coalesce(idx_tup_fetch, 0)::int as n
      from pg_stat_user_tables where schemaname = 'millrace' and relname = '${table}'`);
    return row?.n ?? 0;
  };
  const reads = async (table: string, wait: Wait): Promise<number> => {
    await engine.start("waiter");
    const before = await readOf(table);
    await room.pass(1, { ask: asking({ name: "wait", wait }) });
    return (await readOf(table)) - before;
  };

  test.each(["latest", "partition", "logical_date"] as const)("for runs by %s", async (by) => {
    expect(await reads("run", forPipeline("other", { match: { by } }))).toBeLessThan(READ_MAX);
  });

  test("for runs in a window", async () => {
    const match = { by: "window", withinMs: 60_000 } as const;
    expect(await reads("run", forPipeline("other", { match }))).toBeLessThan(READ_MAX);
  });

  test.each([false, true])("for events, by pattern: %s", async (isPattern) => {
    const name = isPattern ? "rare.*" : "rare.one";
    const wait = forEvent(name, { of: [{ name, isPattern, where: null }] });
    expect(await reads("event", wait)).toBeLessThan(READ_MAX);
  });

  test("for events that are frequent, and were before it began", async () => {
    expect(await reads("event", forEvent("noise.1"))).toBeLessThan(READ_MAX);
  });

  test("for the end of a call, of a run that made many", async () => {
    const runId = await engine.start("waiter");
    const ask = asking({ name: "call 1", wait: calling("called") });
    const [task] = await engine.claim();
    await engine.finish(present(task), ask(present(task)));
    await engine.store.evaluate(await engine.store.listPending(0, 100));
    await engine.rows(`
      insert into millrace.run (pipeline_id, version_id, state, trigger_name, cause, partition,
        params, correlation_id, hop, ended_at, parent_run_id, parent_step_id)
      select pipeline_id, version_id, 'succeeded', 'manual', '{}', '{}', '{}', 'c', 0,
        millrace.now(), ${runId}, 1000000 + i
      from generate_series(1, ${MANY}) i, millrace.run where parent_run_id = ${runId}`);
    await engine.rows("analyze millrace.run");
    const before = await readOf("run");
    await engine.settle({ ask });
    expect((await readOf("run")) - before).toBeLessThan(READ_MAX);
    expect((await room.runRow(runId)).state).toBe("succeeded");
  });

  test("for an event, of a run with many timers", async () => {
    const runId = await engine.start("waiter");
    const ask = asking({ name: "event 1", wait: forEvent("soon") });
    await engine.settle({ ask });
    await engine.rows(`
      insert into millrace.timer (kind, due_at, run_id, task_run_id, step_id)
      select 'step', millrace.now() + interval '1 day', ${runId}, 1000000 + i, 1000000 + i
      from generate_series(1, ${MANY}) i`);
    await engine.rows("analyze millrace.timer");
    await room.publish("soon");
    const before = await readOf("timer");
    await engine.store.evaluate(await engine.store.listPending(0, 100));
    await engine.store.evaluate(await engine.store.listPending(0, 100));
    expect((await readOf("timer")) - before).toBeLessThan(READ_MAX);
    await engine.settle({ ask });
    expect((await room.runRow(runId)).state).toBe("succeeded");
  });
});
