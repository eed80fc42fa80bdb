import { FILTER_DEPTH_MAX } from "../filter/matches-filter.ts";
import type { FilterSpec } from "../spec/filter-spec.ts";
import type { JsonValue } from "../spec/json.ts";
import type { PartitionSchemes } from "../spec/partition-spec.ts";
import { fieldsOf, hasField } from "./json-schema-path.ts";

/**
 * The shape of the facts that a leg's filter and paths look at, as JSON Schema. `{}` stands for
 * what is not known.
 */
export type FactsSchema = { readonly [root: string]: JsonValue };

/** What a leg's source is known to be like; null partitions are not known here. */
export interface SourceFacts {
  readonly name: string;
  readonly partitions: PartitionSchemes | null;
  readonly facts: FactsSchema;
}

export function datasetFacts(
  partitions: PartitionSchemes | null,
  metadata: JsonValue,
): FactsSchema {
  return {
    metadata: metadata ?? {},
    partition: partitions === null ? {} : recordOf(Object.keys(partitions)),
    kind: { type: "string" },
    uri: { type: "string" },
    source: recordOf(["type", "key"]),
  };
}

export function eventFacts(data: JsonValue): FactsSchema {
  return { data: data ?? {}, name: { type: "string" }, source: recordOf(["type", "key"]) };
}

export function runFacts(partitions: PartitionSchemes | null): FactsSchema {
  return {
    result: {},
    params: {},
    partition: partitions === null ? {} : recordOf(Object.keys(partitions)),
    state: { type: "string" },
    run: { type: "integer" },
  };
}

function recordOf(fields: readonly string[]): JsonValue {
  const properties = Object.fromEntries(fields.map((field) => [field, { type: "string" }]));
  return { type: "object", properties, additionalProperties: false };
}

/** Why a path leads nowhere, without a full stop; null when it may lead somewhere. */
export function pathProblem(path: readonly string[], facts: FactsSchema): string | null {
  const [root, ...rest] = path;
  const shown = `"${path.join(".")}"`;
  if (root === undefined || path.includes("")) {
    return `the path ${shown} has an empty step; write names with dots between them`;
  }
  const schema = Object.hasOwn(facts, root) ? facts[root] : undefined;
  if (schema === undefined) {
    return `the path ${shown} leads nowhere; begin it with ${Object.keys(facts).join(", ")}`;
  }
  if (hasField(schema, rest) !== "no") return null;
  const fields = fieldsOf(schema);
  const mend =
    fields === null ? "look at its schema" : `${root} has ${fields.join(", ") || "none"}`;
  return `the path ${shown} names a field that is not declared; ${mend}`;
}

/** What is wrong with a filter, without full stops. */
export function filterProblems(filter: FilterSpec, facts: FactsSchema): string[] {
  const problems: string[] = [];
  const open: [FilterSpec, number][] = [[filter, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [part, depth] = next;
    if (depth > FILTER_DEPTH_MAX)
      return [`its filter nests deeper than ${FILTER_DEPTH_MAX}; flatten it`];
    const problem = "path" in part ? pathProblem(part.path, facts) : null;
    if (problem !== null) problems.push(`its filter: ${problem}`);
    open.push(...partsOf(part).map((inner): [FilterSpec, number] => [inner, depth + 1]));
  }
  return problems.toReversed();
}

function partsOf(filter: FilterSpec): readonly FilterSpec[] {
  if ("and" in filter) return filter.and;
  if ("or" in filter) return filter.or;
  return "not" in filter ? [filter.not] : [];
}
