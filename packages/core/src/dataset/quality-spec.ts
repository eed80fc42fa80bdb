import type { DatasetSpec } from "../spec/dataset-spec.ts";
import { toCheckSpecs } from "./check.ts";
import { toFreshnessSpec } from "./freshness.ts";
import { toReadySpec } from "./readiness-spec.ts";

/** What a dataset promises of itself, as data. Absent when not given, so that specs without them stay what they were. */
export function qualityOf(
  given: { readonly freshness: unknown; readonly checks: unknown; readonly ready: unknown },
  problems: string[],
): Pick<DatasetSpec, "freshness" | "checks" | "ready"> {
  const { freshness, checks } = given;
  const policy = freshness === undefined ? null : toFreshnessSpec(freshness, problems);
  const specs = checks === undefined ? [] : toCheckSpecs(checks, problems);
  const ready = given.ready === undefined ? null : toReadySpec(given.ready, problems);
  return {
    ...(policy !== null && { freshness: policy }),
    ...(specs.length > 0 && { checks: specs }),
    ...(ready !== null && { ready }),
  };
}
