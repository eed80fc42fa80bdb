import {
  COUNT_NAMES,
  type MakeMessages,
  type OutgoingFact,
  type OutgoingRun,
  type OutgoingTask,
  type TouchedDataset,
} from "@millrace/core/internal";
import {
  type LineageDatasetEvent,
  type LineageRunEvent,
  toDatasetEvent,
  toRunEvent,
  toTaskEvent,
} from "../lineage/lineage-event.ts";
import { runEventTypes, taskEventTypes } from "../lineage/lineage-event-types.ts";
import type { LineageDataset, LineageProducer, LineageRun } from "../lineage/lineage-input.ts";
import { lineageMessage } from "../out-forms.ts";

/** An event with what it is among those of its fact. */
interface KeyedEvent {
  readonly key: string;
  readonly event: LineageRunEvent | LineageDatasetEvent;
}

/**
 * Makes OpenLineage events of facts. What a run and its tasks did is told when the run has ended,
 * all in one go, with the times at which it happened: `START` and the end of each, in order of
 * time. So a collector shows no run that is still under way; but what runs is never asked to wait
 * or to tell. A mapped task is told as a whole, and a task that was tried several times by its
 * last attempt. An update that no run made is a `DatasetEvent`.
 */
export function lineageOf(producer: LineageProducer): MakeMessages {
  return (fact) =>
    lineageEvents(producer, fact).map(({ key, event }) => ({
      key,
      message: lineageMessage(event),
    }));
}

/** The events of a fact, in order. */
export function lineageEvents(
  producer: LineageProducer,
  fact: OutgoingFact,
): readonly KeyedEvent[] {
  if (fact.kind === "run") return runEvents(producer, fact);
  if (fact.kind !== "update" || fact.runId !== null) return [];
  const { id: updateId, dataset, partition, at, checks } = fact;
  const touched = { updateId, dataset, uri: fact.datasetUri, partition, checks };
  return [{ key: `update_${updateId}`, event: toDatasetEvent(producer, touched, at) }];
}

function runEvents(producer: LineageProducer, end: OutgoingRun): readonly KeyedEvent[] {
  const run = toRun(end);
  const startedAt = end.startedAt ?? end.at;
  const types = runEventTypes({ from: "queued", to: end.state, hasStarted: false });
  const own = types.map((type): KeyedEvent => {
    const isStart = type === "START";
    const change = isStart
      ? { at: startedAt, inputs: end.inputs.map(toDataset) }
      : {
          at: end.at,
          inputs: end.inputs.map(toDataset),
          outputs: end.outputs.map(toDataset),
          error: errorOf(end.error),
        };
    return { key: `run_${end.id}:${type}`, event: toRunEvent(producer, run, type, change) };
  });
  const tasks = end.tasks.flatMap((task) => taskEvents(producer, { run, end, task }));
  const inOrder = tasks.toSorted((a, b) => compare(a.event.eventTime, b.event.eventTime));
  return [...own.slice(0, 1), ...inOrder, ...own.slice(1)];
}

function taskEvents(
  producer: LineageProducer,
  {
    run,
    end,
    task,
  }: { readonly run: LineageRun; readonly end: OutgoingRun; readonly task: OutgoingTask },
): readonly KeyedEvent[] {
  const { name, runIf, needs, items, state, startedAt, endedAt, error } = task;
  const of = { run, task: { name, item: null, runIf, needs, items } };
  const key = `run_${end.id}/${name}`;
  const started = toTaskEvent(producer, of, "START", { at: startedAt });
  const outputs = end.outputs.filter((output) => output.task === name).map(toDataset);
  const ends = taskEventTypes({ from: "running", to: state, hasStarted: true });
  return [
    { key: `${key}:START`, event: started },
    ...ends.map((type): KeyedEvent => {
      const change = { at: endedAt, outputs, error: errorOf(error) };
      return { key: `${key}:${type}`, event: toTaskEvent(producer, of, type, change) };
    }),
  ];
}

function toRun(end: OutgoingRun): LineageRun {
  const { id, pipeline, partition, trigger, correlationId, interval, parent, root } = end;
  return { id, pipeline, partition, trigger, correlationId, interval, parent, root };
}

function toDataset(touched: TouchedDataset): LineageDataset {
  const { updateId, dataset, uri, partition, checks, counts } = touched;
  const rowCount = countIn(counts, COUNT_NAMES.rowCount);
  const bytes = countIn(counts, COUNT_NAMES.size);
  const fileCount = countIn(counts, COUNT_NAMES.fileCount);
  return {
    ...{ updateId, dataset, uri, partition, checks },
    ...(rowCount !== undefined && { rowCount }),
    ...(bytes !== undefined && { bytes }),
    ...(fileCount !== undefined && { fileCount }),
  };
}

function countIn(counts: TouchedDataset["counts"], names: readonly string[]): number | undefined {
  return names.map((name) => counts[name]).find((count) => count !== undefined);
}

function errorOf(
  message: string | null,
): { readonly message: string; readonly stack: null } | null {
  return message === null ? null : { message, stack: null };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
