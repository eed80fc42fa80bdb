import { quoted } from "../check/names.ts";
import { own } from "../check/own.ts";
import { type MapDraft, mapDraftOf } from "../condition/partition-map.ts";
import type { PartitionScheme } from "../spec/partition-spec.ts";
import type { TaskSpec } from "../spec/task-spec.ts";
import type { PartitionMapSpec } from "../spec/trigger-spec.ts";
import { isOver, OVER } from "./map-over.ts";
import type { TaskScope } from "./task-scope.ts";
import { toResultRef } from "./to-need-specs.ts";

type OverSpecs = Pick<TaskSpec, "over" | "cross" | "overPartitions" | "overSchemes">;

const NOTHING: OverSpecs = { over: null };

/** What a map runs over; `isRefused` when something was given that it cannot. */
export function toOverSpecs(
  given: unknown,
  scope: TaskScope,
): { readonly specs: OverSpecs; readonly isRefused: boolean } {
  if (given === undefined) return { specs: NOTHING, isRefused: false };
  const before = scope.problems.length;
  const specs = isOver(given)
    ? given[OVER].type === "cross"
      ? crossSpecs(given[OVER].of, scope)
      : partitionSpecs(given[OVER].maps, scope)
    : { over: toResultRef(given, "over", scope) };
  const isRefused = scope.problems.length > before;
  return { specs: isRefused ? NOTHING : specs, isRefused };
}

function crossSpecs(lists: readonly unknown[], scope: TaskScope): OverSpecs {
  const cross = lists.flatMap(
    (list, at) => toResultRef(list, `over: cross(…) part ${at + 1}`, scope) ?? [],
  );
  return { over: null, cross };
}

function partitionSpecs(maps: Readonly<Record<string, unknown>>, scope: TaskScope): OverSpecs {
  const overPartitions: [string, PartitionMapSpec][] = [];
  const overSchemes: [string, PartitionScheme][] = [];
  for (const [key, map] of Object.entries(maps)) {
    const draft = mapDraftOf(map);
    const scheme = draft === null ? null : schemeOf(draft, scope);
    if (draft === null || scheme === null) {
      scope.problems.push(`its over: partitions(…) ${keyProblem(key, draft, scope)}`);
      continue;
    }
    overPartitions.push([key, draft.spec]);
    overSchemes.push([key, scheme]);
  }
  return {
    over: null,
    overPartitions: Object.fromEntries(overPartitions),
    overSchemes: Object.fromEntries(overSchemes),
  };
}

/** How a key is cut that a map fills: as the map says, else as what it is taken from. */
function schemeOf({ spec, to }: MapDraft, { partitions }: TaskScope): PartitionScheme | null {
  if (to !== null) return to;
  switch (spec.map) {
    case "same":
    case "offset":
      return own(partitions, spec.from) ?? null;
    case "fixed":
      return { kind: "keys", values: [spec.value] };
    case "table":
      return { kind: "keys", values: [...new Set(Object.values(spec.values))] };
    case "rollup":
    case "expand":
    case "all":
    case "path":
      return null;
  }
}

function keyProblem(key: string, draft: MapDraft | null, { partitions }: TaskScope): string {
  if (draft !== null && "from" in draft.spec) {
    const keys = Object.keys(partitions).join(", ") || "none";
    return `key ${quoted(key)} is taken from ${quoted(draft.spec.from)}, which the pipeline has not (there: ${keys}); name one that is`;
  }
  return `key ${quoted(key)} has no mapping; write e.g. expand("month", day) or every(regions)`;
}
