import { quoted } from "../check/names.ts";
import type { NamespaceDefaults } from "../namespace/namespace-defaults.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import { toDurationMs } from "../task/retry-options.ts";
import { PIPELINE_DEFAULTS } from "../task/task-defaults.ts";

/** The options of a pipeline that say how its runs go, as they arrive. */
export interface WrittenRunOptions {
  readonly maxActiveRuns?: number;
  readonly whenActive?: "queue" | "skip" | "replace";
  readonly maxParallelTasks?: number;
  readonly concurrency?: { readonly key: string; readonly limit: number };
  readonly failFast?: boolean;
  readonly timeout?: string;
  readonly onMissingVersion?: "wait" | "latest" | "fail";
  readonly pin?: "build";
}

type RunPolicies = Pick<
  PipelineSpec,
  | "maxActiveRuns"
  | "whenActive"
  | "maxParallelTasks"
  | "concurrency"
  | "failFast"
  | "timeoutMs"
  | "onMissingVersion"
  | "pin"
>;

/** What has its default is left out, so that writing it down changes no version. */
export function toRunPolicies(
  written: WrittenRunOptions,
  defaults: NamespaceDefaults,
  problems: string[],
): RunPolicies {
  const { failFast, timeout, pin } = written;
  const { whenActive = PIPELINE_DEFAULTS.whenActive } = written;
  const { onMissingVersion = PIPELINE_DEFAULTS.onMissingVersion } = written;
  const concurrency = toConcurrency(written.concurrency, problems);
  return {
    maxActiveRuns:
      written.maxActiveRuns ?? defaults.maxActiveRuns ?? PIPELINE_DEFAULTS.maxActiveRuns,
    ...(whenActive !== PIPELINE_DEFAULTS.whenActive && { whenActive }),
    maxParallelTasks:
      written.maxParallelTasks ?? defaults.maxParallelTasks ?? PIPELINE_DEFAULTS.maxParallelTasks,
    ...(concurrency !== null && { concurrency }),
    ...(failFast === true && { failFast: true }),
    ...(timeout !== undefined && { timeoutMs: toDurationMs("timeout", timeout, 1, problems) }),
    ...(onMissingVersion !== PIPELINE_DEFAULTS.onMissingVersion && { onMissingVersion }),
    ...(pin !== undefined && { pin }),
  };
}

function toConcurrency(
  written: WrittenRunOptions["concurrency"],
  problems: string[],
): NonNullable<PipelineSpec["concurrency"]> | null {
  if (written === undefined) return null;
  const { key, limit } = written;
  if (typeof key === "string") return { key: key.split("."), limit };
  problems.push(
    `its concurrency has no key ${quoted(key)}; write { key: "params.customer", limit: 1 }, ` +
      "or maxActiveRuns for all runs together",
  );
  return null;
}
