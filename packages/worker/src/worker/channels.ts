import type { Channel, PipelineDefinition } from "@millrace/core/internal";

/**
 * What a worker with this code may hear: each worker queue of each version, once. Runs that are
 * pinned to their build are heard under a version of their own, which only that build hears; the
 * plain version stays for runs that began when builds were not numbered.
 *
 * @param only - The queues that it serves; all of them unless given.
 */
export function channelsOf(
  definitions: readonly PipelineDefinition[],
  build: string | null = null,
  only: readonly string[] | null = null,
): readonly Channel[] {
  return definitions.flatMap(({ spec, version }) => {
    const named = spec.tasks.map(({ queue }) => queue);
    const queues = new Set(only === null ? named : named.filter((queue) => only.includes(queue)));
    const isPinned = spec.pin === "build" && build !== null;
    const versions = isPinned ? [version, `${version}@${build}`] : [version];
    return [...queues].flatMap((queue) => versions.map((each) => ({ queue, version: each })));
  });
}
