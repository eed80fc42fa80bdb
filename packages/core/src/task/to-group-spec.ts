import type { GroupSpec } from "../spec/pipeline-spec.ts";
import type { GroupOptions } from "./group.ts";
import { toDurationMs } from "./retry-options.ts";

/** A group as data. Whether its numbers are in range is found in the spec. */
export function toGroupSpec(options: GroupOptions, problems: string[]): GroupSpec {
  const { failFast, timeout, maxParallel } = options;
  return {
    ...(failFast === true && { failFast: true }),
    ...(timeout !== undefined && { timeoutMs: toDurationMs("timeout", timeout, 1, problems) }),
    ...(maxParallel !== undefined && { maxParallel }),
  };
}
