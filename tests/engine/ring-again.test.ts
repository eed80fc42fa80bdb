import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Engine, startEngine } from "./engine.ts";

describe.each(["embedded", "server"] as const)("ringing again on the %s database", (kind) => {
  let engine: Engine;
  beforeEach(async () => {
    engine = await startEngine(kind);
  }, 60_000);
  afterEach(() => engine.close());

  const wait = (version: string, from: number, to: number, since = "1 hour") =>
    engine.rows(`
      insert into millrace.ready
        (task_run_id, run_id, attempt, queue, version, rank, timeout_ms, rung_at)
      select n, n, 1, 'default', '${version}', 10000 - n, 1000,
        millrace.now() - interval '${since}'
      from generate_series(${from}, ${to}) n`);
  const ringAgain = async (limit: number): Promise<number[]> => {
    const bells = await engine.store.ringAgain(5_000, limit);
    return bells
      .flatMap(({ tasks }) => tasks.map(({ taskRunId }) => taskRunId))
      .toSorted((a, b) => a - b);
  };

  test("of each long line the front is rung for, and the rest when that is gone", async () => {
    await wait("v1", 1_001, 2_000);
    await wait("v2", 2_001, 3_000);
    const fronts = [...(await ringAgain(3)), ...(await ringAgain(3))];
    expect(new Set(fronts)).toEqual(new Set([1_998, 1_999, 2_000, 2_998, 2_999, 3_000]));
    expect(await ringAgain(3)).toEqual([]);
    await engine.rows("delete from millrace.ready where task_run_id in (1999, 2000)");
    expect(await ringAgain(3)).toEqual([1_996, 1_997]);
  });

  test("what was rung for just now is left out", async () => {
    await wait("v1", 1_001, 1_001);
    await wait("v1", 1_002, 1_002, "1 second");
    expect(await ringAgain(10)).toEqual([1_001]);
  });
});
