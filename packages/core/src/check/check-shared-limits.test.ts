import { expect, test } from "vitest";
import { namespace, pipeline, pool } from "../index.ts";
import { checkSharedLimits, definitionOf, type HasDefinition } from "../internal.ts";

const check = (...pipelines: readonly HasDefinition[]): readonly string[] =>
  checkSharedLimits(pipelines.map((one) => definitionOf(one).spec));

function made(name: string, options: object, of?: ReturnType<typeof namespace>): HasDefinition {
  return pipeline(name, of === undefined ? {} : { namespace: of }, ({ task }) =>
    task("t", options, () => 1),
  );
}

test("pools of one name have the same slots throughout a project", () => {
  const one = made("a", { pool: pool("db", { slots: 5 }) });
  expect(check(one, made("b", { pool: pool("db", { slots: 5 }) }))).toEqual([]);
  expect(check(one, made("b", { pool: pool("db", { slots: 6 }) }))).toEqual([
    "Pipeline default/b and Pipeline default/a disagree about pool db: the first says 6 slots and the second 5 slots; declare it once, and import it.",
  ]);
});

test("limits of one name are the same throughout a project, and of one kind each", () => {
  const one = made("a", { concurrency: { limit: 1, name: "api" } });
  expect(check(one, made("b", { concurrency: { limit: 2, name: "api" } }))).toEqual([
    'Pipeline default/b, task "t" and Pipeline default/a, task "t" disagree about the concurrency api: the first says 2 at once and the second 1 at once; declare it once, and import it.',
  ]);
  expect(check(one, made("b", { rate: { limit: "2/s", name: "api" } }))).toEqual([]);
  const rate = made("c", { rate: { limit: "2/min", name: "api" } });
  expect(check(made("b", { rate: { limit: "2/s", name: "api" } }), rate)).toHaveLength(1);
  expect(check(made("a", { rate: "2/s" }), made("b", { rate: "3/s" }))).toEqual([]);
});

test("the limits of a namespace are the same throughout a project", () => {
  const limited = (maxActiveRuns: number) => namespace("ops", { limits: { maxActiveRuns } });
  expect(check(made("a", {}, limited(1)), made("b", {}, limited(1)))).toEqual([]);
  expect(check(made("a", {}, limited(1)), made("b", {}, limited(2)))).toEqual([
    'Pipeline ops/b and Pipeline ops/a disagree about the limits of namespace ops: the first says {"maxActiveRuns":2} and the second {"maxActiveRuns":1}; declare it once, and import it.',
  ]);
});
