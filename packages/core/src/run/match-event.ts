import { matchesFilter } from "../filter/matches-filter.ts";
import type { Instant } from "../lib/instant.ts";
import { compileEventPattern } from "../pattern/event-pattern.ts";
import type { JsonValue } from "../spec/json.ts";
import type { EventWait, Wait } from "./journal.ts";

/** An event that somebody may be waiting for. */
export interface EventCandidate {
  readonly id: number;
  readonly name: string;
  readonly data: JsonValue;
  readonly source: { readonly type: string; readonly key: string };
  readonly at: Instant;
  /** Heard there only; null: everywhere. */
  readonly namespace: string | null;
}

/** Who waits for an event. */
export interface EventWaiter {
  readonly namespace: string;
  /** When its run was created. */
  readonly runCreatedAt: Instant;
  /** When it asked. */
  readonly since: Instant;
}

export type WaitForEvent = Extract<Wait, { readonly kind: "event" }>;

/** From when events count. A wait looks back, so that one sent just before it is not missed. */
export function eventsCountFrom({ lookBackMs }: WaitForEvent, waiter: EventWaiter): Instant {
  return lookBackMs === null ? waiter.runCreatedAt : waiter.since - lookBackMs;
}

/** Whether an event answers a wait: by time, scope, name and filter. */
export function answersWait(
  wait: WaitForEvent,
  waiter: EventWaiter,
  event: EventCandidate,
): boolean {
  if (event.at < eventsCountFrom(wait, waiter)) return false;
  if (event.namespace !== null && event.namespace !== waiter.namespace) return false;
  return wait.of.some((one) => isNamedBy(one, event.name) && passes(one, event));
}

function isNamedBy({ name, isPattern }: EventWait, event: string): boolean {
  return isPattern ? compileEventPattern(name).match(event) : name === event;
}

function passes({ where }: EventWait, { name, data, source }: EventCandidate): boolean {
  return where === null || matchesFilter(where, { name, data, source });
}
