import type { Channel, PipelineDefinition } from "@millrace/core/internal";

/** What a worker with this code may hear: each worker queue of each version, once. */
export function channelsOf(definitions: readonly PipelineDefinition[]): readonly Channel[] {
  return definitions.flatMap(({ spec, version }) => {
    const queues = new Set(spec.tasks.map(({ queue }) => queue));
    return [...queues].map((queue) => ({ queue, version }));
  });
}
