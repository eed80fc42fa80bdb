import type { EventWait, Wait } from "@millrace/core/internal";
import type { LoadedFact } from "../load-facts.ts";

/** What an open wait listens to. A call listens to its run, once that has been started. */
export function sourcesOf(wait: Wait): readonly string[] {
  switch (wait.kind) {
    case "event":
      return [...new Set(wait.of.map(eventSource))];
    case "run":
      return [runSource(wait.runId)];
    case "pipeline":
      return [`pipeline ${wait.pipeline}`];
    case "call":
    case "sleep":
    case "approval":
    case "check":
      return [];
  }
}

/** What a fact is to those who wait: whoever listens to one of these may have its answer. */
export function sourcesOfFact({ kind, id, source }: LoadedFact): readonly string[] {
  if (kind === "event" && source.type === "event") {
    const [first = ""] = source.event.split(".");
    return [`event ${source.event}`, patternSource(first), patternSource(null)];
  }
  if (kind === "run" && source.type === "pipeline") {
    return [runSource(id), `pipeline ${source.pipeline}`];
  }
  return [];
}

export function runSource(runId: number): string {
  return `run ${runId}`;
}

/** By its first segment where that is a word, so that an event asks few patterns. */
function eventSource({ name, isPattern }: EventWait): string {
  if (!isPattern) return `event ${name}`;
  const [first = ""] = name.split(".");
  return patternSource(/^[a-z0-9_-]+$/.test(first) ? first : null);
}

function patternSource(firstSegment: string | null): string {
  return firstSegment === null ? "event pattern" : `event pattern ${firstSegment}`;
}
