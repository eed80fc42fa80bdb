import { dataset, datasetRef, pipeline, updated } from "@millrace/core";

const a = dataset("a");
const b = dataset("b");
const c = datasetRef("c");

export const makeA = pipeline("make-a", { on: { c: updated(c) } }, ({ task }) => {
  task("write", { produces: { a } }, () => null);
});
export const makeB = pipeline("make-b", { on: { a: updated(a) } }, ({ task }) => {
  task("write", { produces: { b } }, () => null);
});
