import { dataset, datasetRef, pipeline, updated } from "@millrace/core";

const b = datasetRef("b");
const c = dataset("c");

export const makeC = pipeline("make-c", { on: { b: updated(b) } }, ({ task }) => {
  task("write", { produces: { c } }, () => null);
});
