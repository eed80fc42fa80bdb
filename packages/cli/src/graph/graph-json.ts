import { type PipelineSpec, pipelineId, present, resolve } from "@millrace/core/internal";
import { linksOf } from "./pipeline-links.ts";

/** The graph as data. `level` counts from 1: pipelines of one level do not wait for each other. */
export function toGraphJson(specs: readonly PipelineSpec[]): object {
  const graph = resolve(specs);
  const byId = new Map(specs.map((spec) => [pipelineId(spec), spec]));
  return {
    pipelines: graph.order().map(({ pipeline, level }) => {
      const spec = present(byId.get(pipeline));
      const { takes, gives } = linksOf(spec);
      return { pipeline, level: level + 1, partitions: Object.keys(spec.partitions), takes, gives };
    }),
    datasets: graph.datasets.map((dataset) => ({
      dataset,
      producers: graph.producersOf(dataset),
      consumers: graph.consumersOf(dataset),
    })),
    links: graph.links(),
  };
}
