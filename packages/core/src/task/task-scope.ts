import { quoted } from "../check/names.ts";
import type { NamespaceDefaults } from "../namespace/namespace-defaults.ts";
import type { Declarations } from "../pipeline/declarations.ts";
import type { PartitionSchemes } from "../spec/partition-spec.ts";
import type { PipelineId } from "../spec/pipeline-spec.ts";
import type { Owner } from "./handle.ts";

/** The pipeline that tasks are declared in. */
export interface PipelineScope {
  readonly id: PipelineId;
  readonly partitions: PartitionSchemes;
  readonly declarations: Declarations;
  readonly defaults: NamespaceDefaults;
}

/** Where one task is declared. */
export interface TaskScope extends PipelineScope {
  readonly name: string;
  readonly owner: Owner;
  /** Takes what is wrong with the task at hand, without full stops. */
  readonly problems: string[];
}

/** A handle of another pipeline, even one of the same name, stands for nothing in this one. */
export function isForeign(owner: Owner, task: string, where: string, scope: TaskScope): boolean {
  if (owner === scope.owner) return false;
  scope.problems.push(
    `its ${where} is task ${quoted(task)} of pipeline ${owner.pipeline}, another pipeline's: ` +
      "use handles of this build only, and start from the other's result with after()",
  );
  return true;
}
