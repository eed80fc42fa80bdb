import type { AttemptOutcome, RunIf, TaskSpec } from "@millrace/core/internal";
import { RUN_IF_RULES } from "@millrace/core/internal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, failed, ok, startEngine } from "./engine.ts";
import { after, pipelineSpec, taskSpec } from "./specs.ts";

const skipped: AttemptOutcome = { type: "skipped", reason: "nothing to do" };

/** One that succeeds, one that fails, one that skips itself, and a map of which half fails. */
const UPSTREAM: readonly TaskSpec[] = [
  taskSpec("good"),
  taskSpec("bad"),
  taskSpec("none"),
  taskSpec("list"),
  taskSpec("half", { kind: "map", over: { task: "list", path: [] } }),
];
const OUTCOMES = {
  bad: () => failed(),
  none: () => skipped,
  list: () => ok([0, 1]),
  half: ({ item }: { readonly item: { readonly index: number } | null }) =>
    item?.index === 0 ? ok() : failed(),
};

const NEEDS = ["good", "bad", "none", "good bad", "good none", "bad none", "half"] as const;
/** Written from the guide: `+` starts, `u` is upstream_failed, `-` is skipped; in the order above. */
const GUIDE: Readonly<Record<RunIf, string>> = {
  all_success: "+u-u-uu",
  all_failed: "-+-----",
  all_done: "+++++++",
  all_skipped: "--+----",
  at_least_one_success: "+u-++u+",
  at_least_one_failed: "-+-+-++",
  at_least_one_done: "++-++++",
  none_failed: "+u+u+uu",
  none_failed_min_one_success: "+u-u+uu",
  none_skipped: "++-+--+",
  always: "+++++++",
};
const STATES = { "+": "succeeded", u: "upstream_failed", "-": "skipped" } as const;

describe.each(["embedded", "server"] as const)("run-if rules on the %s database", (kind) => {
  let engine: Engine;
  let states: ReadonlyMap<string, string>;
  beforeAll(async () => {
    engine = await startEngine(kind);
    const ruled = RUN_IF_RULES.flatMap((runIf) =>
      NEEDS.map((needs, at) =>
        taskSpec(`${runIf}-${at}`, { runIf, needs: after(...needs.split(" ")) }),
      ),
    );
    const tasks = [...UPSTREAM, ...ruled];
    await engine.register(pipelineSpec("rules", tasks, { maxParallelTasks: 100 }));
    const runId = await engine.start("rules");
    await engine.settle(OUTCOMES);
    const rows = await engine.rows<{ task: number; state: string }>(
      `select task, state from millrace.task_run where run_id = ${runId} and item = -1`,
    );
    states = new Map(rows.map(({ task, state }) => [tasks[task]?.name ?? "", state]));
  }, 60_000);
  afterAll(() => engine.close());

  test.each(RUN_IF_RULES)("%s decides as the guide says", (rule) => {
    const expected = GUIDE[rule].split("").map((sign) => STATES[sign as keyof typeof STATES]);
    const found = NEEDS.map((_, at) => states.get(`${rule}-${at}`));
    expect(Object.fromEntries(NEEDS.map((needs, at) => [needs, found[at]]))).toEqual(
      Object.fromEntries(NEEDS.map((needs, at) => [needs, expected[at]])),
    );
  });
});
