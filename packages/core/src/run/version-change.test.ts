import { expect, test } from "vitest";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import type { TaskSpec } from "../spec/task-spec.ts";
import { versionChangeProblems } from "./version-change.ts";

const task = (name: string, part: Partial<TaskSpec> = {}) =>
  ({ name, kind: "task", needs: {}, over: null, when: null, ...part }) as unknown as TaskSpec;
const spec = (...tasks: readonly TaskSpec[]) =>
  ({ partitions: {}, tasks }) as unknown as PipelineSpec;
const after = (up: string): Partial<TaskSpec> => ({ needs: { up: { task: up, path: [] } } });

const FROM = spec(task("load"), task("clean", after("load")), task("write", after("clean")));

test.each<[string, PipelineSpec, number[], RegExp | null]>([
  ["the same tasks", FROM, [0, 1, 2], null],
  ["other options of a task", spec(task("load", { timeoutMs: 5, queue: "big" })), [0], null],
  ["a new task at the end", spec(...FROM.tasks, task("tell")), [0, 1], null],
  ["other inputs of a task that has not begun", spec(task("load"), task("clean")), [0], null],
  ["a task that has not begun and is gone", spec(task("load")), [0], null],
  ["a task before it", spec(task("new"), ...FROM.tasks), [0], /task load.* another place/],
  ["a task that is gone", spec(task("load")), [0, 1], /no task clean/],
  ["another kind", spec(task("load", { kind: "branch" })), [0], /load was a task and is a branch/],
  ["other inputs", spec(task("load"), task("clean")), [0, 1], /task clean gets other inputs/],
  ["other partitions", { ...FROM, partitions: { date: {} as never } }, [0], /partition keys/],
])("%s: decides whether a run goes on", (_, to, started, problem) => {
  const problems = versionChangeProblems(FROM, to, started);
  if (problem === null) expect(problems).toEqual([]);
  else expect(problems).toEqual([expect.stringMatching(problem)]);
});
