import type { JsonValue } from "../spec/json.ts";
import { EVENT, type EventType } from "./event.ts";
import { RESERVED_PREFIX } from "./reserved.ts";

/** What the newest update of a dataset was when its freshness changed. */
export interface LastUpdate {
  readonly id: number;
  /** ISO 8601. */
  readonly at: string;
}

/** A dataset's newest update became too old. */
export interface StaleData {
  /** `namespace/name`. */
  readonly dataset: string;
  /** ISO 8601: when this was found; later than `due` after an outage. */
  readonly since: string;
  /** ISO 8601: the first moment at which the last update no longer sufficed. */
  readonly due: string;
  readonly lastUpdate: LastUpdate;
}

/** A dataset that was stale, or never updated, has been updated. */
export interface FreshData {
  /** `namespace/name`. */
  readonly dataset: string;
  /** ISO 8601. */
  readonly since: string;
  /** ISO 8601: when it goes stale unless another update comes. */
  readonly due: string;
  readonly lastUpdate: LastUpdate;
}

/** A deadline passed, and its trigger goes on waiting. */
export interface DeadlineData {
  /** `namespace/name`. */
  readonly pipeline: string;
  readonly trigger: string;
  readonly partition: Readonly<Record<string, string>>;
  /** The sources that had not come, as `namespace/name` or the name of an event. */
  readonly missing: readonly string[];
  /** ISO 8601: when the first fact came that now waits. */
  readonly since: string;
}

const TEXT = { type: "string" } as const;
const LAST_UPDATE = record({ id: { type: "integer" }, at: TEXT });

/** Published once each time that a dataset with a freshness policy goes stale. */
export const datasetStale: EventType<"millrace.dataset.stale", StaleData, StaleData> = builtIn(
  "dataset.stale",
  { dataset: TEXT, since: TEXT, due: TEXT, lastUpdate: LAST_UPDATE },
);

/** Published once each time that a dataset with a freshness policy becomes fresh (again). */
export const datasetFresh: EventType<"millrace.dataset.fresh", FreshData, FreshData> = builtIn(
  "dataset.fresh",
  { dataset: TEXT, since: TEXT, due: TEXT, lastUpdate: LAST_UPDATE },
);

/** Published when a trigger's deadline passes and its policy is `alert`. */
export const deadlineMissed: EventType<"millrace.deadline.missed", DeadlineData, DeadlineData> =
  builtIn("deadline.missed", {
    pipeline: TEXT,
    trigger: TEXT,
    partition: { type: "object", additionalProperties: TEXT },
    missing: { type: "array", items: TEXT },
    since: TEXT,
  });

function builtIn<const N extends string, D>(
  name: N,
  properties: Readonly<Record<string, JsonValue>>,
): EventType<`millrace.${N}`, D, D> {
  const spec = Object.freeze({ name: `${RESERVED_PREFIX}${name}`, schema: record(properties) });
  return Object.freeze({
    name: `millrace.${name}` as const,
    [EVENT]: Object.freeze({ spec, schema: null }),
  });
}

function record(properties: Readonly<Record<string, JsonValue>>): JsonValue {
  const required = Object.keys(properties);
  return { type: "object", properties, required, additionalProperties: false };
}
