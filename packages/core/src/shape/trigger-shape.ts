import { isRecord } from "../spec/json.ts";
import {
  anything,
  chosen,
  exactly,
  flag,
  later,
  list,
  nullOr,
  number,
  object,
  record,
  type Shape,
  tagged,
  text,
} from "./shape.ts";

export const PATH: Shape = list(text);
const CALENDAR = object({ start: text, timezone: text });
const CALENDAR_KINDS = ["hour", "day", "week", "month", "quarter", "year"];

/** See `PartitionSchemes`. A kind that nobody knows is told of by the check of schemes. */
export const SCHEMES: Shape = record(
  chosen("an object with a kind", (value) => {
    const kind = isRecord(value) ? value["kind"] : undefined;
    if (typeof kind !== "string") return null;
    if (kind === "keys") return object({ values: list(text) });
    if (kind === "dynamic") return object({ match: nullOr(text) });
    return CALENDAR_KINDS.includes(kind) ? CALENDAR : anything;
  }),
);

/** See `FilterSpec`. */
export const FILTER: Shape = chosen("a filter: and, or, not, or a path with op", (value) => {
  if (!isRecord(value)) return null;
  if ("path" in value) return COMPARISON;
  if ("and" in value) return object({ and: list(later(() => FILTER)) });
  if ("or" in value) return object({ or: list(later(() => FILTER)) });
  return "not" in value ? object({ not: later(() => FILTER) }) : null;
});
const COMPARISON = object({
  path: PATH,
  op: chosen("eq, ne, gt, gte, lt, lte, in, prefix or exists", (value) =>
    OPS.includes(value) ? anything : null,
  ),
});
const OPS: readonly unknown[] = ["eq", "ne", "gt", "gte", "lt", "lte", "in", "prefix", "exists"];

const FROM = object({ from: text });
/** See `PartitionMapSpec`. */
export const PARTITION_MAP: Shape = tagged("map", {
  same: FROM,
  rollup: FROM,
  offset: object({ from: text, by: number }),
  expand: FROM,
  all: anything,
  table: object({ from: text, values: record(text) }),
  fixed: object({ value: text }),
  path: object({ path: PATH }),
});

const SOURCE = tagged("type", {
  dataset: object({ dataset: text }),
  pipeline: object({ pipeline: text, on: text }),
  event: object({ event: text }),
  pattern: object({ uri: text, captures: SCHEMES }),
  events: object({ pattern: text }),
});

const LEG = object(
  { source: SOURCE, where: nullOr(FILTER), partition: record(PARTITION_MAP) },
  {
    maxAgeMs: number,
    complete: record(
      chosen('a list of texts or "all"', (value) => (value === "all" ? anything : list(text))),
    ),
  },
);

const PARTS = list(later(() => CONDITION));
const CONDITION: Shape = tagged("type", {
  leg: object({ leg: LEG }),
  all: object({ of: PARTS }),
  any: object({ of: PARTS }),
  atLeast: object({ count: number, of: PARTS }),
});

const DAILY_TIME = object({ at: text, timezone: text });
const POLICY = object(
  { each: flag },
  {
    batch: object({}, { max: number, quietMs: number, maxWaitMs: number }),
    withinMs: number,
    reset: DAILY_TIME,
    deadline: object({
      due: chosen("afterMs or a time of day", (value) =>
        isRecord(value) && "afterMs" in value ? object({ afterMs: number }) : DAILY_TIME,
      ),
    }),
    changedOnly: flag,
    atMost: number,
    whilePaused: text,
  },
);

const PARAMS = record(
  chosen("a value or a path", (value) => {
    if (!isRecord(value)) return null;
    if ("path" in value) return object({ path: PATH });
    return "value" in value ? anything : null;
  }),
);

const CONDITION_TRIGGER = object({
  enabled: flag,
  condition: CONDITION,
  policy: POLICY,
  params: PARAMS,
});
const SCHEDULE = object(
  {
    enabled: flag,
    cron: text,
    timezone: text,
    catchup: text,
    partition: chosen('"interval" or an object of texts', (value) =>
      value === "interval" ? exactly("interval") : record(text),
    ),
    params: PARAMS,
  },
  { jitterMs: number },
);

/** See `TriggerSpec`. */
export const TRIGGER: Shape = tagged("type", {
  schedule: SCHEDULE,
  datasets: CONDITION_TRIGGER,
  pipelines: CONDITION_TRIGGER,
  event: CONDITION_TRIGGER,
});
