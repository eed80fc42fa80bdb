import type { Instant } from "../lib/instant.ts";
import { mapPartition } from "../partition/map-partition.ts";
import type { Partition, PartitionSchemes } from "../spec/partition-spec.ts";
import type { TaskSpec } from "../spec/task-spec.ts";

/** Items of one mapped task, at most. */
export const MAP_ITEMS_MAX = 10_000;

/** What was found where a mapped task looks for a list. */
export interface FoundList {
  /** The task whose result it is, and where in it. */
  readonly task: string;
  readonly path: readonly string[];
  /** `blob`: the result was too large to be kept in the database. */
  readonly kind: "array" | "object" | "string" | "number" | "boolean" | "null" | "nothing" | "blob";
  /** Of an array: its items. */
  readonly length: number;
}

export type Layout =
  | { readonly ok: true; readonly total: number }
  /** A sentence about the task. */
  | { readonly ok: false; readonly message: string };

/** How many items a mapped task has: those of its list, or every combination of several. */
export function decideLayout(lists: readonly FoundList[]): Layout {
  const wrong = lists.find(({ kind }) => kind !== "array");
  if (wrong !== undefined) return { ok: false, message: notAList(wrong) };
  const total = lists.reduce((product, { length }) => product * length, 1);
  if (total <= MAP_ITEMS_MAX) return { ok: true, total };
  return { ok: false, message: tooMany(howMany(lists, total)) };
}

/** The partitions that a mapped task runs over, made from those of its run. */
export type PartitionLayout =
  | { readonly ok: true; readonly partitions: readonly Partition[] }
  | { readonly ok: false; readonly message: string };

/** @param at - The run's logical date, else when it was created: every period leads up to it. */
export function layOutPartitions(
  { overPartitions = {}, overSchemes = {} }: TaskSpec,
  run: { readonly schemes: PartitionSchemes; readonly partition: Partition; readonly at: Instant },
): PartitionLayout {
  const found = mapPartition(overPartitions, run, overSchemes, MAP_ITEMS_MAX);
  if (!found.ok) return { ok: false, message: `its partitions cannot be made: ${found.reason}` };
  if (found.cut === 0) return { ok: true, partitions: found.partitions };
  const count = number(found.partitions.length + found.cut);
  return { ok: false, message: tooMany(`it maps over ${count} partitions`) };
}

function notAList({ task, path, kind }: FoundList): string {
  const where = path.length === 0 ? task : `${task} at ${path.join(".")}`;
  if (kind === "blob") {
    return (
      `it maps over the result of ${where}, which is larger than 1 MiB and was put into the blob ` +
      "store: return a list of keys, and let each item load what belongs to its key"
    );
  }
  const article = kind === "object" ? "an " : kind === "null" || kind === "nothing" ? "" : "a ";
  return `it maps over the result of ${where}, which is ${article}${kind} and no list: return a list`;
}

function howMany(lists: readonly FoundList[], total: number): string {
  const [only] = lists;
  if (lists.length === 1 && only !== undefined) {
    return `it maps over the result of ${only.task}, which has ${number(total)} items`;
  }
  const sizes = lists.map(({ length }) => number(length)).join(" × ");
  return `its lists have ${sizes} = ${number(total)} combinations`;
}

function tooMany(what: string): string {
  return `${what}, more than ${number(MAP_ITEMS_MAX)}: call a pipeline for each part of them`;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
