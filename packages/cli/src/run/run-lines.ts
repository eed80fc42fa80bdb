import type { JsonValue, Partition } from "@millrace/core/internal";
import type { ConsumedFact, RunDetail, TaskDetail } from "@millrace/postgres";
import { toTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import {
  durationWords,
  partitionWords,
  runName,
  shortName,
  signOf,
  storedErrorWords,
} from "../terminal/words.ts";
import { causeWords } from "./cause-words.ts";
import { kinshipFacts, noteLines } from "./note-lines.ts";

/** A mapped task may have thousands of items; those that failed say most. */
const ITEMS_SHOWN_MAX = 10;

/** Everything about a run, for people. */
export function toRunLines(run: RunDetail, terminal: Terminal): string {
  const { sign, style } = signOf(run.state);
  const state = terminal.styled(style, `${sign} ${run.state}`);
  const took = durationWords(run.startedAt, run.endedAt);
  const head = [runName(run.id), shortName(run.pipeline), state, took, run.reason ?? ""];
  return [
    head.filter((part) => part !== "").join("  "),
    toTable(factsOf(run).map(([label, text]) => [`  ${label}`, text])),
    "",
    toTable([["  TASK", "STATE", "ATTEMPT", "TOOK", "NOTE"], ...taskRows(run.tasks)]),
    ...noteLines(run),
  ].join("\n");
}

function factsOf(run: RunDetail): readonly (readonly [string, string])[] {
  const started = run.consumed.filter(({ disposition }) => disposition === "started");
  const included = run.consumed.filter(({ disposition }) => disposition !== "started");
  const facts: (readonly [string, string])[] = [
    ["trigger", run.trigger === "manual" ? "" : run.trigger],
    ...(started.length === 0
      ? [["started by", causeWords(run.cause)] as [string, string]]
      : started.map((fact): [string, string] => ["started by", factWords(fact)])),
    ...included.map((fact): [string, string] => ["also included", factWords(fact)]),
    ...kinshipFacts(run.notes),
    ["partition", partitionWords(run.partition)],
    ["params", isEmpty(run.params) ? "" : JSON.stringify(run.params)],
    ["result", run.result === null ? "" : JSON.stringify(run.result)],
    ...run.updates.map(({ dataset, partition }): [string, string] => [
      "updated",
      `${shortName(dataset)} ${partitionWords(partition)}`.trim(),
    ]),
    ["created", run.createdAt.toISOString()],
    ["version", run.version],
    ["build", run.notes.build ?? ""],
    ["correlation", run.correlationId],
    ["trace", run.traceparent ?? ""],
  ];
  return facts.filter(([, text]) => text !== "");
}

function factWords({ kind, name, partition, id }: ConsumedFact): string {
  const slice = partition === null ? "" : partitionWords(JSON.parse(partition) as Partition);
  const what = kind === "run" ? `end of ${shortName(name)}` : `${kind} of ${shortName(name)}`;
  return [what, slice, kind === "run" ? runName(id) : `#${id}`].filter(Boolean).join(" ");
}

function isEmpty(value: JsonValue): boolean {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}

function taskRows(tasks: readonly TaskDetail[]): readonly (readonly string[])[] {
  const failed = tasks.filter(({ item, error }) => item !== null && error !== null);
  const shown = new Set(failed.slice(0, ITEMS_SHOWN_MAX));
  return tasks
    .filter((task) => task.item === null || shown.has(task))
    .map((task) => toRow(task, tasks));
}

function toRow(task: TaskDetail, all: readonly TaskDetail[]): readonly string[] {
  const items = all.filter(({ name, item }) => name === task.name && item !== null);
  const many = task.item === null && items.length > 0 ? ` (${items.length} items)` : "";
  const state = task.state === null ? "·" : `${signOf(task.state).sign} ${task.state}`;
  const why = storedErrorWords(task.error) || (task.reason ?? "");
  return [
    task.item === null ? `  ${task.name}${many}` : `    ${task.name}[${task.item}]`,
    state,
    // What never began made no attempt: the first is counted when it is decided.
    task.startedAt === null && task.attempt <= 1 ? "" : String(task.attempt),
    durationWords(task.startedAt, task.endedAt),
    why.replaceAll("\n", "\n      "),
  ];
}
