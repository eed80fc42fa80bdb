import { type DeadlineData, deadlineMissed } from "../event/built-in.ts";
import type { JsonValue } from "../spec/json.ts";
import type { Partition } from "../spec/partition-spec.ts";
import type { Alert, PendingDelivery } from "./evaluate.ts";
import { sourceNames } from "./source-names.ts";
import type { IndexedTrigger } from "./trigger-index.ts";

/** The event that tells of a deadline after which a trigger goes on waiting. */
export interface DeadlineAlert {
  readonly name: string;
  /** {@link DeadlineData}. */
  readonly data: JsonValue;
  readonly source: { readonly type: "trigger"; readonly key: string };
}

export function toDeadlineAlert(
  { trigger, partition }: { readonly trigger: IndexedTrigger; readonly partition: Partition },
  { at, pending, missing }: Alert<PendingDelivery>,
): DeadlineAlert {
  const { pipeline, name, condition } = trigger;
  const data = {
    pipeline,
    trigger: name,
    partition,
    missing: sourceNames(condition, missing),
    since: new Date(pending[0]?.at ?? at).toISOString(),
  } satisfies DeadlineData;
  return {
    name: deadlineMissed.name,
    data,
    source: { type: "trigger", key: `${pipeline}/${name}` },
  };
}
