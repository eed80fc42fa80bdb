import type { LegDraft } from "../condition/condition-draft.ts";
import type { MapDraft } from "../condition/partition-map.ts";
import type { Scheme } from "../dataset/partition-scheme.ts";
import { type AnyEvent, EVENT, type EventOut, isEvent } from "../event/event.ts";
import { definitionInvalid } from "../error/millrace-error.ts";
import { toFilterSpec, type Where } from "../filter/where.ts";
import { type From, pathOf } from "./from.ts";
import type { PolicyOptions } from "./policy-options.ts";
import { conditionTrigger, toTrigger, type Trigger } from "./trigger-draft.ts";
import type { ParamValues } from "./updated.ts";

/** One event satisfies it, so there is nothing that a deadline could wait for. */
export interface PublishedOptions<Data, Q, Params> extends Omit<
  PolicyOptions<Params>,
  "changedOnly" | "deadline"
> {
  /** A filter over the event's data. */
  readonly where?: Where<Data>;
  /** Where the run's partition comes from: a value, or `from("data.date")`. */
  readonly partition?: Q;
}

/** Events of a pattern carry data of different types. */
type AnyData = { readonly [field: string]: unknown };

type Given<Q> = {
  readonly [K in keyof Q]: Q[K] extends string ? Scheme<never, Q[K]> : Scheme<never, never>;
};

/**
 * Starts a run when an event is published: one that is declared, or any whose name fits a pattern
 * such as `ticket.*` (`*` one segment, `**` any number, `{a,b}` either).
 *
 * @throws {DEFINITION_INVALID} When it is given neither an event nor a pattern.
 *
 * @example
 * published(stale, { where: { hours: gt(48) }, params: { ticket: from("data.ticket") } });
 */
export function published<
  E extends AnyEvent,
  const Q extends { readonly [key: string]: string | From } = {},
  const Params extends ParamValues = {},
>(event: E, options?: PublishedOptions<EventOut<E>, Q, Params>): Trigger<E, Given<Q>, Params>;
export function published<
  const N extends string,
  const Q extends { readonly [key: string]: string | From } = {},
  const Params extends ParamValues = {},
>(pattern: N, options?: PublishedOptions<AnyData, Q, Params>): Trigger<N, Given<Q>, Params>;
export function published(
  event: AnyEvent | string,
  options: PublishedOptions<AnyData, Readonly<Record<string, unknown>>, ParamValues> = {},
): Trigger<AnyEvent | string, unknown, ParamValues> {
  const { filter, issue } = toFilterSpec(options.where ?? {}, ["data"]);
  const maps = Object.entries(options.partition ?? {}).map(
    ([key, value]) => [key, toMapDraft(value)] as const,
  );
  const leg: LegDraft = {
    source: toSource(event),
    where: filter,
    maps: Object.fromEntries(maps),
    issues: issue === null ? [] : [`its filter has no value or test at ${issue}: write e.g. gt(0)`],
  };
  return toTrigger(conditionTrigger("event", { type: "leg", leg }, options));
}

function toSource(event: unknown): LegDraft["source"] {
  if (isEvent(event)) return { type: "event", declaration: event[EVENT] };
  if (typeof event === "string") return { type: "events", pattern: event };
  throw definitionInvalid([
    'published(…) was given no event: declare one with event(), or write a pattern like "ticket.*".',
  ]);
}

function toMapDraft(value: unknown): MapDraft | null {
  const path = pathOf(value);
  if (path !== null) return { spec: { map: "path", path }, to: null };
  return typeof value === "string" ? { spec: { map: "fixed", value }, to: null } : null;
}
