import {
  type ClaimedTask,
  compileEventPattern,
  compileUriPattern,
  type ReceivedFact,
  type SourceSpec,
  type UpdateView,
} from "@millrace/core/internal";

/** What of the facts that started a run came from one source, as its handler sees it. */
export function receivedFrom(source: SourceSpec, received: ClaimedTask["received"]): unknown[] {
  if (source.type === "pattern") return receivedByPattern(source, received);
  if (source.type === "events") {
    const { match } = compileEventPattern(source.pattern);
    return received.filter((fact) => fact.kind === "event" && match(fact.name)).map(toReceived);
  }
  return received.filter((fact) => isFrom(fact, source)).map(toReceived);
}

/** Its partition is what the pattern captured, whatever the dataset itself declares. */
function receivedByPattern(
  { uri, captures }: Extract<SourceSpec, { type: "pattern" }>,
  received: ClaimedTask["received"],
): ReceivedUpdate[] {
  const { match } = compileUriPattern(uri, captures);
  return received.flatMap((fact) => {
    const place = fact.kind === "update" ? fact.update.uri : null;
    const partition = place === null ? null : match(place);
    if (fact.kind !== "update" || partition === null) return [];
    return [{ ...toUpdate(fact.update), partition }];
  });
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
      return toReceivedEvent(fact);
    case "run": {
      const { id, pipeline, state } = fact;
      const result = state === "succeeded" ? fact.result : null;
      return { run: `run_${id}`, pipeline: nameOf(pipeline), state, result };
    }
  }
}

/** An event as handlers see it. */
export function toReceivedEvent({
  id,
  name,
  data,
}: Pick<ReceivedFact & { readonly kind: "event" }, "id" | "name" | "data">): object {
  return { id: `event_${id}`, type: name, data };
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
