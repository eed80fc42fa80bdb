import { dataset, pipeline, updated } from "@millrace/core";
import { definitionOf, pipelineId } from "@millrace/core/internal";
import { expect, test } from "vitest";
import { parseSelection, selectSpecs } from "./selection.ts";

const [a, b] = [dataset("a"), dataset("b")];
const specs = [
  pipeline("make-a", {}, ({ task }) => void task("t", { produces: { a } }, () => null)),
  pipeline("make-b", { on: { a: updated(a) } }, ({ task }) => {
    task("t", { produces: { b } }, () => null);
  }),
  pipeline("use-b", { on: { b: updated(b) } }, ({ task }) => void task("t", () => null)),
  pipeline("other", {}, ({ task }) => void task("t", () => null)),
].map((each) => definitionOf(each).spec);

test.each([
  ["make-b", Infinity, ["make-a", "make-b", "use-b"]],
  ["+make-b", Infinity, ["make-a", "make-b"]],
  ["make-b+", Infinity, ["make-b", "use-b"]],
  ["make-a+", 1, ["make-a", "make-b"]],
  ["+use-b", 1, ["make-b", "use-b"]],
  ["a", 1, ["make-a", "make-b"]],
  ["a", Infinity, ["make-a", "make-b", "use-b"]],
  ["+b", Infinity, ["make-a", "make-b"]],
  ["default/other", Infinity, ["other"]],
])("%s, %d deep, selects %j", (text, depth, names) => {
  const selected = selectSpecs(specs, parseSelection(text), depth);
  expect(selected.map(pipelineId)).toEqual(names.map((name) => `default/${name}`));
});

test("a name that is neither pipeline nor dataset is refused with what is near", () => {
  expect(() => selectSpecs(specs, parseSelection("makeb"), 1)).toThrow(/default\/make-b/);
});
