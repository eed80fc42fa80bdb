import { isRecord } from "../spec/json.ts";
import type { TriggeringFact } from "../trigger/deliver.ts";
import type { OutKind } from "./outgoing-fact.ts";

/** What a subscriber is told of. */
export interface OutSubscription {
  readonly kinds: readonly OutKind[];
  /** Types of facts, whole or with `*` at the end; see {@link topicOf}. */
  readonly types: readonly string[];
  /** Only of these namespaces, and of what is of none; null: of all. */
  readonly namespaces: readonly string[] | null;
}

/** What a fact is called outside, and whose it is. */
export interface OutTopic {
  readonly kind: OutKind;
  /** As CloudEvents call it: `dev.millrace.dataset.updated.v1`, or the name of an event. */
  readonly type: string;
  /** Null: of none, or heard everywhere. */
  readonly namespace: string | null;
}

const TYPE = "dev.millrace";

/** Of a message that could not be taken in. */
export const DEAD_LETTER_TOPIC: OutTopic = {
  kind: "dead_letter",
  type: `${TYPE}.dead_letter.v1`,
  namespace: null,
};

/**
 * What a fact is called outside; null when nobody outside is told of it: an update that is
 * quarantined until it is released, and one that a backfill made that is to trigger nothing.
 */
export function topicOf(fact: TriggeringFact): OutTopic | null {
  const { kind, source } = fact;
  switch (source.type) {
    case "dataset": {
      if (fact.quarantined || fact.suppressed) return null;
      const isRemoved = isRecord(fact.facts) && fact.facts["kind"] === "removed";
      const type = `${TYPE}.dataset.${isRemoved ? "removed" : "updated"}.v1`;
      return { kind, type, namespace: namespaceOf(source.dataset) };
    }
    case "pipeline": {
      const type = `${TYPE}.pipeline.run.${fact.state}.v1`;
      return { kind, type, namespace: namespaceOf(source.pipeline) };
    }
    case "event":
      return { kind, type: source.event, namespace: fact.namespace ?? subjectNamespace(fact) };
    // Sources of triggers, not of facts.
    case "events":
    case "pattern":
      return null;
  }
}

/** Whether a subscriber is told of it. */
export function isWanted({ kinds, types, namespaces }: OutSubscription, topic: OutTopic): boolean {
  if (!kinds.includes(topic.kind)) return false;
  const { namespace } = topic;
  if (namespaces !== null && namespace !== null && !namespaces.includes(namespace)) return false;
  return types.some((type) => matches(type, topic.type));
}

function matches(pattern: string, type: string): boolean {
  return pattern.endsWith("*") ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}

/** Millrace's own events are heard everywhere, but tell of something that is in a namespace. */
function subjectNamespace({ facts }: TriggeringFact): string | null {
  const data =
    isRecord(facts) && isRecord(facts["source"]) && isMillraces(facts) ? facts["data"] : null;
  if (!isRecord(data)) return null;
  const subject = data["pipeline"] ?? data["dataset"];
  return typeof subject === "string" ? namespaceOf(subject) : null;
}

function isMillraces(facts: Readonly<Record<string, unknown>>): boolean {
  return typeof facts["name"] === "string" && facts["name"].startsWith("millrace.");
}

function namespaceOf(id: string): string | null {
  const end = id.indexOf("/");
  return end < 0 ? null : id.slice(0, end);
}
