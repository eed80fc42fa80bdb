import { expect, test } from "vitest";
import { cross, MillraceError, pipeline, pipelineRef } from "../index.ts";
import type { Build } from "../task/build.ts";
import type { Env } from "../task/context.ts";

interface Unpartitioned extends Env {
  readonly partitions: {};
}

function problemsOf(build: (builder: Build<Unpartitioned>) => void): readonly string[] {
  try {
    pipeline("p", {}, build as never);
  } catch (error) {
    if (MillraceError.is(error, "DEFINITION_INVALID")) return error.data.problems;
    throw error;
  }
  return [];
}

const never = (clash: string): readonly string[] => [
  `Pipeline default/p, task "t": it can never start, since it waits for ${clash}; take one of the two away, or give it another run-if rule.`,
];

test.each(["all_failed", "all_skipped"] as const)(
  "a way cannot be taken by a branch that is to be %s",
  (runIf) => {
    const is = runIf.slice("all_".length);
    const found = problemsOf(({ task, branch }) => {
      const way = branch("way", () => "a");
      task("t", { when: way.is("a"), runIf }, () => 1);
    });
    expect(found).toEqual(never(`branch "way" to take the way "a" and task "way" to be ${is}`));
  },
);

test("a way leaves no failure to a rule that asks for one, unless there is another task", () => {
  const lone = problemsOf(({ task, branch }) => {
    const way = branch("way", () => "a");
    task("t", { when: way.is("a"), runIf: "at_least_one_failed" }, () => 1);
  });
  const clash =
    'branch "way" to take the way "a" and at least one of its upstream tasks to be failed, of which it has no other';
  expect(lone).toEqual(never(clash));
  const joined = problemsOf(({ task, branch }) => {
    const way = branch("way", () => "a");
    const load = task("load", () => 1);
    task("t", { needs: { load }, when: way.is("a"), runIf: "at_least_one_failed" }, () => 1);
  });
  expect(joined).toEqual([]);
});

test("what nothing skips is not waited for to be skipped", () => {
  const found = problemsOf(({ task, approval }) => {
    const ok = approval("ok", { asks: "Go?" });
    task("t", { needs: { ok }, runIf: "all_skipped" }, () => 1);
  });
  expect(found).toEqual(never('task "ok" to be skipped, which nothing in the pipeline skips'));
  const called = problemsOf(({ task, call }) => {
    const far = call("far", { pipeline: pipelineRef("far") });
    task("t", { needs: { far }, runIf: "all_skipped" }, () => 1);
  });
  expect(called).toEqual(never('task "far" to be skipped, which nothing in the pipeline skips'));
});

test("what may be skipped is waited for: by its policy, its upstream or its handler", () => {
  const found = problemsOf(({ task, approval, call }) => {
    const load = task("load", () => 1);
    const late = approval("late", { asks: "Go?", timeout: "1h", onTimeout: "skip" });
    const behind = approval("behind", { asks: "Go?", needs: { load } });
    const other = pipelineRef("far");
    const waitFor = { pipeline: other, onMissing: "skip" } as const;
    const waits = call("waits", { pipeline: pipelineRef("other"), waitFor });
    task("t", { needs: [load, late, behind, waits], runIf: "all_skipped" }, () => 1);
  });
  expect(found).toEqual([]);
});

test("a list that a map crosses is asked for as what it needs is", () => {
  const found = problemsOf(({ task, map, branch }) => {
    const way = branch("way", () => (String(1) === "1" ? "a" : "b"));
    const left = task("left", { when: way.is("a") }, () => [1]);
    const right = task("right", { when: way.is("b") }, () => [1]);
    map("t", { over: cross(left, right) }, () => 1);
  });
  const clash = 'branch "way" to take the way "a" and branch "way" to take the way "b"';
  expect(found).toEqual(never(clash));
});

test("a map over what is to fail has no list", () => {
  const found = problemsOf(({ task, map }) => {
    const load = task("load", () => [1]);
    map("t", { over: load, when: load.failed() }, () => 1);
    map("u", { over: cross(load), when: load.done() }, () => 1);
  });
  const problem = (name: string, is: string): string =>
    `Pipeline default/p, task "${name}": it runs over the output of task "load" and starts when that is ${is}, so there may be no list; leave out the when.`;
  expect(found).toEqual([problem("t", "failed"), problem("u", "done")]);
});
