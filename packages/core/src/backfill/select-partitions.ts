import { present } from "../lib/assert.ts";
import { PERIOD_EXAMPLES, periodEnd, periodOf, periodStart } from "../partition/calendar.ts";
import { partitionValueProblem } from "../partition/partition-value.ts";
import {
  type CalendarKind,
  type Partition,
  type PartitionScheme,
  type PartitionSchemes,
  partitionText,
} from "../spec/partition-spec.ts";
import { type PipelineSpec, pipelineId } from "../spec/pipeline-spec.ts";
import type { BackfillSelection } from "./backfill.ts";

/** Partitions in one backfill, at most. */
export const BACKFILL_PARTITIONS_MAX = 10_000;

type CalendarScheme = Extract<PartitionScheme, { readonly kind: CalendarKind }>;
type Range = Extract<BackfillSelection, { readonly type: "range" }>;

export type SelectedPartitions =
  | { readonly ok: true; readonly partitions: readonly Partition[] }
  /** Complete sentences, each with its mend. */
  | { readonly ok: false; readonly issues: readonly string[] };

/**
 * The exact partitions that a backfill is for, each once. Periods are those of the pipeline's own
 * calendar and zone: one that its clocks skip is none, and a doubled hour is one. The first
 * declared key changes slowest.
 */
export function selectPartitions(
  spec: Pick<PipelineSpec, "namespace" | "name" | "partitions">,
  selection: BackfillSelection,
): SelectedPartitions {
  const name = pipelineId(spec);
  if (Object.keys(spec.partitions).length === 0) {
    return refuse(`${name} has no partitions to fill; start it with \`millrace run\`.`);
  }
  if (selection.type === "list") return listed(name, spec.partitions, selection.partitions);
  const issues = rangeIssues(name, spec.partitions, selection);
  if (issues.length > 0) return { ok: false, issues };
  return crossed(name, spec.partitions, selection);
}

function listed(
  name: string,
  schemes: PartitionSchemes,
  partitions: readonly Partition[],
): SelectedPartitions {
  const issues = partitions.flatMap((partition) => partitionIssues(name, schemes, partition));
  if (issues.length > 0) return { ok: false, issues: [...new Set(issues)].slice(0, 20) };
  const distinct = new Map(partitions.map((partition) => [partitionText(partition), partition]));
  if (distinct.size === 0) return refuse(`Say which partitions of ${name} are to be filled.`);
  return bounded([...distinct.values()], distinct.size);
}

/** Why a partition is none of the pipeline's, as complete sentences; empty when it is one. */
export function partitionIssues(
  name: string,
  schemes: PartitionSchemes,
  partition: Partition,
): readonly string[] {
  const foreign = Object.keys(partition)
    .filter((key) => !Object.hasOwn(schemes, key))
    .map((key) => foreignKey(name, schemes, key));
  const wrong = Object.entries(schemes).flatMap(([key, scheme]) => {
    const value = partition[key];
    if (value === undefined) return [`${name} is partitioned by ${key}: say which ${key}.`];
    const problem = partitionValueProblem(scheme, value);
    return problem === null ? [] : [`${key}: ${problem}.`];
  });
  return [...foreign, ...wrong];
}

function rangeIssues(name: string, schemes: PartitionSchemes, range: Range): readonly string[] {
  const foreign = Object.keys(range.keys)
    .filter((key) => !Object.hasOwn(schemes, key))
    .map((key) => foreignKey(name, schemes, key));
  const open = Object.entries(schemes).filter(([key]) => !Object.hasOwn(range.keys, key));
  const dynamic = open
    .filter(([, { kind }]) => kind === "dynamic")
    .map(
      ([key]) => `The values of ${key} are not known beforehand: name them with --key ${key}=….`,
    );
  const calendars = open.filter(([, scheme]) => isCalendar(scheme)).map(([key]) => key);
  const isRanged = range.from !== null || range.to !== null;
  if (calendars.length > 1) {
    const rest = calendars.map((key) => `--key ${key}=…`).join(" or ");
    return [...foreign, ...dynamic, `A range is of one calendar: fix the other with ${rest}.`];
  }
  if (calendars.length === 0 && isRanged) {
    return [...foreign, ...dynamic, `${name} has no calendar key left for --from and --to.`];
  }
  const [key] = calendars;
  if (key !== undefined && (range.from === null || range.to === null)) {
    return [...foreign, ...dynamic, `Say the first and the last ${key} with --from and --to.`];
  }
  return [...foreign, ...dynamic, ...valueIssues(schemes, range)];
}

function valueIssues(schemes: PartitionSchemes, { keys }: Range): readonly string[] {
  return Object.entries(keys).flatMap(([key, values]) => {
    const scheme = schemes[key];
    if (scheme === undefined) return [];
    return values.flatMap((value) => {
      const problem = partitionValueProblem(scheme, value);
      return problem === null ? [] : [`--key ${key}: ${problem}.`];
    });
  });
}

function crossed(name: string, schemes: PartitionSchemes, range: Range): SelectedPartitions {
  const axes: (readonly [string, readonly string[]])[] = [];
  for (const [key, scheme] of Object.entries(schemes)) {
    const given = range.keys[key];
    if (given !== undefined) axes.push([key, [...new Set(given)]]);
    else if (scheme.kind === "keys") axes.push([key, scheme.values]);
    else if (isCalendar(scheme)) {
      const periods = periodsOf(scheme, present(range.from), present(range.to));
      if (!periods.ok) return refuse(...periods.issues);
      axes.push([key, periods.values]);
    }
  }
  const count = axes.reduce((product, [, values]) => product * values.length, 1);
  if (count === 0) return refuse(`No partition of ${name} lies there.`);
  if (count > BACKFILL_PARTITIONS_MAX) return bounded([], count);
  let partitions: Partition[] = [{}];
  for (const [key, values] of axes) {
    partitions = partitions.flatMap((part) => values.map((value) => ({ ...part, [key]: value })));
  }
  return { ok: true, partitions };
}

type Periods =
  | { readonly ok: true; readonly values: readonly string[] }
  | { readonly ok: false; readonly issues: readonly string[] };

/** At most one more than a backfill may have: enough to know that there are too many. */
function periodsOf(scheme: CalendarScheme, from: string, to: string): Periods {
  const { kind } = scheme;
  const ends = [
    { option: "--from", value: from, start: periodStart(kind, from) },
    { option: "--to", value: to, start: periodStart(kind, to) },
  ];
  const [first, last] = ends.map(({ start }) => start);
  if (first === null || first === undefined || last === null || last === undefined) {
    const wrong = ends.filter(({ start }) => start === null);
    const example = PERIOD_EXAMPLES[kind];
    const issues = wrong.map(
      ({ option, value }) =>
        `${option} is ${JSON.stringify(value)}, which is no ${kind}; write it like "${example}".`,
    );
    return { ok: false, issues };
  }
  const early = partitionValueProblem(scheme, from);
  if (early !== null && first < (periodStart(kind, scheme.start) ?? first)) {
    return { ok: false, issues: [`--from: ${early}.`] };
  }
  if (last < first) {
    return { ok: false, issues: [`--to ${to} lies before --from ${from}: swap them.`] };
  }
  const values: string[] = [];
  for (let at = first; at <= last && values.length <= BACKFILL_PARTITIONS_MAX;) {
    const value = periodOf(kind, at);
    // A period that the clocks skip as a whole has no data.
    if (partitionValueProblem(scheme, value) === null) values.push(value);
    at = periodEnd(kind, at);
  }
  return { ok: true, values };
}

function bounded(partitions: readonly Partition[], count: number): SelectedPartitions {
  if (count <= BACKFILL_PARTITIONS_MAX) return { ok: true, partitions };
  return refuse(
    `That is more than ${BACKFILL_PARTITIONS_MAX} partitions, the most that one backfill takes. ` +
      "Take a shorter range or fewer keys, and fill the rest after it.",
  );
}

function foreignKey(name: string, schemes: PartitionSchemes, key: string): string {
  return `${name} has no partition key ${key}; it has ${Object.keys(schemes).join(", ")}.`;
}

function refuse(...issues: readonly string[]): SelectedPartitions {
  return { ok: false, issues };
}

function isCalendar(scheme: PartitionScheme): scheme is CalendarScheme {
  return scheme.kind !== "keys" && scheme.kind !== "dynamic";
}
