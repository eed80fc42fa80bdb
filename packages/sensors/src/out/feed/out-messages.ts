import type { MakeMessages, OutgoingFact, OutMessage } from "@millrace/core/internal";
import {
  type AlertMessage,
  alertQuotas,
  toAlertMessage,
  type Incident,
} from "@millrace/core/internal";
import { isRecord } from "@millrace/core/internal";
import {
  type CloudEvent,
  eventCloudEvent,
  runEndCloudEvent,
  updateCloudEvent,
} from "../cloud/cloud-event.ts";
import { MESSAGE_ID } from "../nats/nats-send.ts";
import { cloudEventMessage } from "../out-forms.ts";

/** A fact as CloudEvents tell it; null of one that they do not. */
export function toCloudEvent(base: string, fact: OutgoingFact): CloudEvent | null {
  if (fact.kind === "dead_letter") return null;
  const { id, at, correlationId, traceparent, runId } = fact;
  const cause = { base, at, correlationId, traceparent, runId };
  switch (fact.kind) {
    case "update": {
      const { dataset, change: kind, partition, uri, metadata, task } = fact;
      return updateCloudEvent(cause, { id, dataset, kind, partition, uri, metadata, task });
    }
    case "event":
      return eventCloudEvent(cause, { id, name: fact.name, data: fact.data });
    case "run": {
      const { pipeline, state, reason, partition, trigger } = fact;
      return runEndCloudEvent(cause, { id, pipeline, state, reason, partition, trigger });
    }
  }
}

/** Makes CloudEvents of facts. */
export function cloudEventsOf(base: string, mode: "structured" | "binary"): MakeMessages {
  return (fact) => {
    const event = toCloudEvent(base, fact);
    return event === null ? [] : [{ key: event.id, message: cloudEventMessage(event, mode) }];
  };
}

/**
 * Makes CloudEvents of facts, structured as they are on NATS. A stream is to know each by its
 * subscriber, source and id: one stream may keep what several subscribers are told.
 */
export function natsEventsOf(base: string, subscriber: string): MakeMessages {
  return (fact) => {
    const event = toCloudEvent(base, fact);
    if (event === null) return [];
    const { headers, ...message } = cloudEventMessage(event, "structured");
    const id = JSON.stringify([subscriber, event.source, event.id]);
    return [{ key: event.id, message: { ...message, headers: { ...headers, [MESSAGE_ID]: id } } }];
  };
}

/** Makes webhooks of facts, in the shape that Standard Webhooks recommends. */
export function webhooksOf(base: string): MakeMessages {
  return (fact) => {
    const event = toCloudEvent(base, fact);
    if (event === null) return [];
    const { id, type, time: timestamp, data } = event;
    return [{ key: id, message: asJson({ id, type, timestamp, data }) }];
  };
}

/** Makes alerts of facts that people want to be told of, each incident once, and no storm of them. */
export function alertsOf(
  baseUrl: string | null,
  write: (alert: AlertMessage) => OutMessage,
): MakeMessages {
  return (fact) => {
    const incident = toIncident(fact);
    if (incident === null) return [];
    const alert = toAlertMessage(incident, baseUrl);
    const quotas = alertQuotas(incident, baseUrl).map(({ prefix, max, rest }) => ({
      prefix,
      max,
      rest: { key: rest.key, message: write(rest) },
    }));
    return [{ key: alert.key, message: write(alert), quotas }];
  };
}

/** What people are told of a fact; null when it is no incident. */
export function toIncident(fact: OutgoingFact): Incident | null {
  switch (fact.kind) {
    case "run": {
      if (fact.state !== "failed") return null;
      const { id: runId, pipeline, partition, at: since, reason, failedTask: task, error } = fact;
      return { type: "run_failed", runId, pipeline, partition, since, reason, task, error };
    }
    case "event": {
      // Nobody but Millrace publishes these, in this shape.
      if (!isRecord(fact.data)) return null;
      if (fact.name === "millrace.deadline.missed") {
        return { type: "deadline_missed", ...(fact.data as object) } as Incident;
      }
      if (fact.name !== "millrace.dataset.stale") return null;
      return { type: "dataset_stale", ...(fact.data as object) } as Incident;
    }
    case "dead_letter": {
      const { id, source, reason, at: since } = fact;
      return { type: "dead_letter", id, source, reason, since };
    }
    case "update":
      return null;
  }
}

function asJson(body: OutMessage["body"]): OutMessage {
  return { contentType: "application/json", headers: {}, body };
}
