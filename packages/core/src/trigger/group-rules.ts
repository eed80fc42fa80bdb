import { requiredMembers } from "../partition/required-members.ts";
import type { Partition, PartitionSchemes } from "../spec/partition-spec.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import type { LegSpec } from "../spec/trigger-spec.ts";
import type { GroupRules } from "./evaluate.ts";
import type { IndexedTrigger } from "./trigger-index.ts";

/**
 * The rules by which a group of a trigger is judged.
 *
 * @param spec - The pipeline of the trigger, in the version that declares it.
 * @param known - Members that the group has had, by leg.
 */
export function groupRules(
  { trigger, partition }: { readonly trigger: IndexedTrigger; readonly partition: Partition },
  spec: PipelineSpec,
  known: GroupRules["known"],
): GroupRules {
  const { condition } = trigger;
  return {
    condition,
    policy: trigger.spec.policy,
    isKeyed: Object.keys(partition).length > 0,
    required: (number) => {
      const leg = condition.legs[number];
      if (leg?.complete === undefined) return null;
      return requiredMembers(leg, partition, schemesOf(leg, spec), spec.partitions);
    },
    known,
  };
}

/** The partition keys of a leg's source, as its pipeline knows them. */
function schemesOf({ source }: LegSpec, spec: PipelineSpec): PartitionSchemes {
  if (source.type === "pattern") return source.captures;
  if (source.type !== "dataset") return {};
  return spec.datasets[source.dataset]?.partitions ?? spec.datasetRefs?.[source.dataset] ?? {};
}
