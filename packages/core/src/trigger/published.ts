import type { MapDraft } from "../condition/partition-map.ts";
import type { Scheme } from "../dataset/partition-scheme.ts";
import type { AnyEvent, EventOut } from "../event/event.ts";
import { toFilterSpec, type Where } from "../filter/where.ts";
import { type From, pathOf } from "./from.ts";
import { conditionTrigger, eventLeg, toTrigger, type Trigger } from "./trigger-draft.ts";
import type { ParamValues } from "./updated.ts";

export interface PublishedOptions<E, Q, Params> {
  /** A filter over the event's data. */
  readonly where?: Where<EventOut<E>>;
  readonly params?: Params;
  /** Where the run's partition comes from: a value, or `from("data.date")`. */
  readonly partition?: Q;
  /** One run for each event, instead of one for all that are pending. */
  readonly each?: boolean;
  readonly enabled?: boolean;
}

type Given<Q> = {
  readonly [K in keyof Q]: Q[K] extends string ? Scheme<never, Q[K]> : Scheme<never, never>;
};

/**
 * Starts a run when an event is published.
 *
 * @example
 * published(stale, { where: { hours: gt(48) }, params: { ticket: from("data.ticket") } });
 */
export function published<
  E extends AnyEvent,
  const Q extends { readonly [key: string]: string | From } = {},
  const Params extends ParamValues = {},
>(event: E, options: PublishedOptions<E, Q, Params> = {}): Trigger<E, Given<Q>, Params> {
  const { filter, issue } = toFilterSpec(options.where ?? {}, ["data"]);
  const maps = Object.entries(options.partition ?? {}).map(
    ([key, value]) => [key, toMapDraft(value)] as const,
  );
  const leg = eventLeg(event, {
    where: filter,
    maps: Object.fromEntries(maps),
    issues: issue === null ? [] : [`its filter has no value or test at ${issue}: write e.g. gt(0)`],
  });
  return toTrigger(conditionTrigger("event", { type: "leg", leg }, options));
}

function toMapDraft(value: unknown): MapDraft | null {
  const path = pathOf(value);
  if (path !== null) return { spec: { map: "path", path }, to: null };
  return typeof value === "string" ? { spec: { map: "fixed", value }, to: null } : null;
}
