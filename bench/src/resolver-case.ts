import { resolve } from "@millrace/core/internal";
import type { BenchCase } from "./harness.ts";
import { orderByNames } from "./resolver-baseline.ts";
import { resolverSpecs } from "./resolver-specs.ts";

/** How long it takes to order all pipelines of a deployment and to see that there is no cycle. */
export const resolverCase: BenchCase = {
  name: "resolver",
  title: "Ordering a whole deployment, against a depth-first search over names",
  ratioGoal: 0.25,
  isQuick: true,
  prepare(quick) {
    const pipelines = quick ? 10_000 : 100_000;
    const specs = resolverSpecs({ pipelines, outputsEach: 1, inputsEach: 2 });
    const count = (number: number) => number.toLocaleString("en-US");
    return {
      load: `${count(pipelines)} datasets, ${count(pipelines * 3)} edges`,
      ours: () => expectAcyclic(resolve(specs).cycles.length === 0),
      baseline: () => expectAcyclic(orderByNames(specs)?.length === pipelines),
    };
  },
};

function expectAcyclic(isAcyclic: boolean): void {
  if (!isAcyclic) throw new Error("the benchmark's graph has no cycle, and one was found");
}
