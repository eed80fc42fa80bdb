import fc from "fast-check";
import { expect, test } from "vitest";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import { upstreamOf } from "../spec/task-spec.ts";
import { planReset, type ResetAsk } from "./plan-reset.ts";
import { compileGraph } from "./run-graph.ts";
import { TASK_STATES } from "./states.ts";

const ENDED = TASK_STATES.filter((state) => !["queued", "running", "waiting"].includes(state));

/** Up to eight tasks, each after any of those before it, some by `when`, each with an end. */
const run = fc.array(
  fc.record({
    needs: fc.uniqueArray(fc.nat(7), { maxLength: 3 }),
    when: fc.option(fc.nat(7)),
    state: fc.constantFrom(...ENDED),
  }),
  { minLength: 1, maxLength: 8 },
);

function compile(drafts: readonly { needs: number[]; when: number | null }[]) {
  const tasks = drafts.map(({ needs, when }, index) => ({
    name: `t${index}`,
    needs: Object.fromEntries(
      needs.filter((up) => up < index).map((up) => [`t${up}`, { task: `t${up}`, path: [] }]),
    ),
    over: null,
    when: when === null || when >= index ? null : { task: `t${when}`, is: "failed" },
    runIf: "all_success",
  }));
  const spec = { tasks, maxParallelTasks: 5 } as unknown as PipelineSpec;
  const upstream = spec.tasks.map((each) => upstreamOf(each).map((name) => Number(name.slice(1))));
  return { graph: compileGraph(spec), upstream };
}

const ask = fc.oneof(
  fc.constant<ResetAsk>({ type: "failed" }),
  fc.record({ type: fc.constantFrom("from" as const, "after" as const), task: fc.nat(7) }),
);

test("what is done again is closed downwards, has a cause, and nothing is lost", () => {
  fc.assert(
    fc.property(run, ask, (drafts, asked) => {
      const { graph, upstream } = compile(drafts);
      const views = drafts.map(({ state }) => ({ state, way: null, items: null }));
      const plan = planReset(graph, views, asked);
      const again = new Set(plan.again);
      expect([...plan.kept, ...plan.again].toSorted((a, b) => a - b)).toEqual([...drafts.keys()]);
      for (const index of drafts.keys()) {
        const above = upstream[index] ?? [];
        const follows = above.some(
          (up) => again.has(up) || (asked.type === "after" && asked.task === up),
        );
        const state = drafts[index]?.state ?? "succeeded";
        const isRoot =
          asked.type === "failed"
            ? ["failed", "cancelled", "upstream_failed"].includes(state)
            : asked.type === "from" && asked.task === index;
        expect(again.has(index), `task ${index}`).toBe(follows || isRoot);
      }
    }),
  );
});
