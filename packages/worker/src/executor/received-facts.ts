import type { ClaimedTask, ReceivedFact, SourceSpec, UpdateView } from "@millrace/core/internal";

/** What of the facts that started a run came from one source, as its handler sees it. */
export function receivedFrom(source: SourceSpec, received: ClaimedTask["received"]): unknown[] {
  return received.filter((fact) => isFrom(fact, source)).map(toReceived);
}

function isFrom(fact: ReceivedFact, source: SourceSpec): boolean {
  switch (fact.kind) {
    case "update":
      return source.type === "dataset" && fact.update.dataset === source.dataset;
    case "event":
      return source.type === "event" && fact.name === source.event;
    case "run":
      return source.type === "pipeline" && fact.pipeline === source.pipeline;
  }
}

function toReceived(fact: ReceivedFact): unknown {
  switch (fact.kind) {
    case "update":
      return toUpdate(fact.update);
    case "event":
      return { id: `event_${fact.id}`, name: fact.name, data: fact.data };
    case "run": {
      const { id, pipeline, state } = fact;
      const result = state === "succeeded" ? fact.result : null;
      return { run: `run_${id}`, pipeline: nameOf(pipeline), state, result };
    }
  }
}

/** An update as handlers see it. */
export interface ReceivedUpdate {
  readonly dataset: string;
  readonly partition: Readonly<Record<string, string>>;
  /** "" when it has no place. */
  readonly uri: string;
  readonly kind: "changed" | "removed";
  readonly metadata: unknown;
  /** ISO 8601, UTC. */
  readonly at: string;
}

export function toUpdate(view: UpdateView): ReceivedUpdate {
  const { dataset, partition, uri, kind, metadata, at } = view;
  return { dataset: nameOf(dataset), partition, uri: uri ?? "", kind, metadata, at: isoTime(at) };
}

/** Handlers know datasets and pipelines by their names, without the namespace. */
function nameOf(id: string): string {
  return id.slice(id.indexOf("/") + 1);
}

export function isoTime(at: number): string {
  return new Date(at).toISOString();
}
