import {
  checkDeployment,
  checkGraph,
  checkPipeline,
  checkSharedLimits,
  type FilterSpec,
  type JsonValue,
  matchesFilter,
  type PipelineSpec,
  toFilterSpec,
  versionOf,
} from "@millrace/core/internal";
import fc from "fast-check";
import { type FuzzTarget, holds, isReason, target } from "../fuzz-target.ts";
import { anyValue, mutatedJson } from "../mutated-json.ts";
import { SEED_SPECS } from "./seed-specs.ts";

/** What is registered already. */
const OTHERS = SEED_SPECS.slice(2).map((spec) => ({ ...spec, name: `other-${spec.name}` }));

/** Whatever a spec is, it is judged; what is found right alone can be judged with others. */
const definition: FuzzTarget = {
  name: "definition",
  inputs: mutatedJson(SEED_SPECS),
  probe(given) {
    const right = [given].filter((each): each is PipelineSpec => {
      const problems = checkPipeline(each as PipelineSpec);
      holds(problems.every(isReason), "each problem is a sentence");
      return problems.length === 0;
    });
    if (right.length > 0) {
      const all = [...right, ...OTHERS];
      const among = [checkSharedLimits(all), checkDeployment(all), checkGraph(all)].flat();
      holds(among.every(isReason), "each problem between pipelines is a sentence");
    }
    for (const spec of right) {
      holds(/^[0-9a-f]{16}$/.test(versionOf(spec)), "a right spec has a version");
      const stored = JSON.parse(JSON.stringify(spec)) as PipelineSpec;
      holds(versionOf(stored) === versionOf(spec), "a spec is what is stored of it");
    }
  },
};

const FILTERS: readonly FilterSpec[] = [
  { path: ["metadata", "rows"], op: "gt", value: 0 },
  {
    and: [
      {
        or: [
          { path: ["kind"], op: "eq", value: "changed" },
          { path: ["a"], op: "exists", value: true },
        ],
      },
      { not: { path: ["metadata", "name"], op: "prefix", value: "x" } },
      { path: ["metadata", "rows"], op: "in", value: [1, 2, "3"] },
    ],
  },
];
const FACTS = [
  {
    metadata: { rows: 3, name: "xy", deep: { a: [1] } },
    kind: "changed",
    partition: { date: "1" },
  },
];

/** A filter answers whatever facts there are, and the answer of `not` is never the same. */
const filter: FuzzTarget<readonly [unknown, unknown]> = {
  name: "filter",
  inputs: fc.tuple(mutatedJson(FILTERS), mutatedJson(FACTS)),
  probe([given, facts]) {
    const answer = matchesFilter(given as FilterSpec, facts as JsonValue);
    holds(typeof answer === "boolean", "a filter answers yes or no");
    const opposite = matchesFilter({ not: given as FilterSpec }, facts as JsonValue);
    holds(!(answer && opposite), "nothing passes a filter and its opposite");
  },
};

/** Whatever somebody writes as a `where` is data, or is told where it is none. */
const where: FuzzTarget = {
  name: "where",
  inputs: fc.oneof(
    mutatedJson([{ metadata: { rows: 3, nested: { a: "b" } }, kind: "changed" }]),
    anyValue,
  ),
  probe(given) {
    const { filter: made, issue } = toFilterSpec(given);
    if (issue !== null) return holds(isReason(issue), "what is no test is named");
    if (made !== null) matchesFilter(made, given as JsonValue);
  },
};

export const DEFINITION_TARGETS: readonly FuzzTarget[] = [
  target(definition),
  target(filter),
  target(where),
];
