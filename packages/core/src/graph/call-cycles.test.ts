import { expect, test } from "vitest";
import { type AnyPipeline, pipeline, pipelineRef } from "../index.ts";
import { checkGraph, definitionOf, type HasDefinition, resolve } from "../internal.ts";

const problems = (...pipelines: readonly HasDefinition[]): readonly string[] =>
  checkGraph(pipelines.map((one) => definitionOf(one).spec));

function calling(name: string, called: AnyPipeline, wait = true): HasDefinition {
  return pipeline(name, {}, ({ call }) => {
    call("call", { pipeline: called, wait });
  });
}

function handling(name: string, calls: object): HasDefinition {
  return pipeline(name, {}, ({ task }) => task("work", calls, () => 1));
}

const [a, b, c] = ["a", "b", "c"].map((name) => pipelineRef(name)) as [
  AnyPipeline,
  AnyPipeline,
  AnyPipeline,
];

test("pipelines whose calls wait for each other are refused, with each call", () => {
  const [problem] = problems(calling("a", b), handling("b", { calls: [c] }), calling("c", a));
  expect(problem).toContain("default/a → default/c → default/b → default/a is a loop:");
  expect(problem).toContain("default/a calls default/b and waits for its result (task call)");
  expect(problem).toContain("default/b calls default/c and waits for its result (task work)");
});

test("a call that does not wait is no edge, as a node and in a handler", () => {
  expect(problems(calling("a", b), calling("b", a, false))).toEqual([]);
  const sends = handling("b", { calls: [{ pipeline: a, wait: false }] });
  expect(problems(calling("a", b), sends)).toEqual([]);
  const links = (wait: boolean) => resolve([definitionOf(calling("a", b, wait)).spec]).links();
  expect(links(false)).toEqual([]);
  expect(links(true).map(({ kind }) => kind)).toEqual(["call"]);
});

test("a wait for the run of a pipeline that calls back is refused", () => {
  const waits = handling("b", { waitFor: { pipeline: a, match: "latest", onFailure: "run" } });
  expect(problems(calling("a", b), waits)).toEqual([
    expect.stringContaining("default/b waits for a run of default/a (task work)"),
  ]);
});
