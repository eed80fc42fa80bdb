import { canonicalJson } from "../spec/json.ts";
import { type PipelineSpec, pipelineId } from "../spec/pipeline-spec.ts";
import type { TaskLimitSpec } from "../spec/task-spec.ts";

/**
 * Limits that pipelines share and say differently: the slots of a pool, a limit of one name, the
 * limits of a namespace. Give it the pipelines of one project: two deployments are never changed
 * at the same moment, and between them the one that was registered last counts.
 *
 * @returns Complete sentences; empty when they agree.
 */
export function checkSharedLimits(specs: readonly PipelineSpec[]): string[] {
  const first = new Map<string, Said>();
  return specs.flatMap((spec) =>
    saidBy(spec).flatMap((said) => {
      const known = first.get(said.what);
      if (known === undefined) first.set(said.what, said);
      if (known === undefined || known.text === said.text) return [];
      return [
        `${said.where} and ${known.where} disagree about ${said.what}: the first says ` +
          `${said.text} and the second ${known.text}; declare it once, and import it.`,
      ];
    }),
  );
}

interface Said {
  /** What is shared. */
  readonly what: string;
  readonly where: string;
  readonly text: string;
}

function saidBy(spec: PipelineSpec): Said[] {
  const id = pipelineId(spec);
  const pools = Object.entries(spec.pools ?? {}).map(([pool, slots]): Said => ({
    what: `pool ${pool}`,
    where: `Pipeline ${id}`,
    text: `${slots} slots`,
  }));
  const limits = spec.tasks.flatMap((task) =>
    (task.limits ?? []).flatMap((limit) => {
      const said = limitSaid(limit);
      return said === null ? [] : [{ ...said, where: `Pipeline ${id}, task "${task.name}"` }];
    }),
  );
  const { namespace, namespaceLimits } = spec;
  const own: Said[] =
    namespaceLimits === undefined
      ? []
      : [
          {
            what: `the limits of namespace ${namespace}`,
            where: `Pipeline ${id}`,
            text: canonicalJson(namespaceLimits),
          },
        ];
  return [...pools, ...limits, ...own];
}

function limitSaid(limit: TaskLimitSpec): Omit<Said, "where"> | null {
  switch (limit.kind) {
    case "pool":
      return null;
    case "key":
      return { what: `the concurrency ${limit.name}`, text: `${limit.limit} at once` };
    case "rate":
      return { what: `the rate ${limit.name}`, text: `${limit.limit} per ${limit.perMs} ms` };
  }
}
