import {
  chosen,
  exactly,
  flag,
  list,
  nullOr,
  number,
  object,
  record,
  type Shape,
  tagged,
  text,
} from "./shape.ts";
import { isRecord } from "../spec/json.ts";
import { PARTITION_MAP, PATH, SCHEMES } from "./trigger-shape.ts";

const RESULT_REF = object({ task: text, path: PATH });
const LIMIT_KEY = nullOr(PATH);

const WHEN = chosen("a task and which way, or failed or done", (value) =>
  isRecord(value) && value["is"] === "way"
    ? object({ task: text, way: text })
    : object({ task: text, is: IS }),
);
const IS = chosen("way, failed or done", (value) =>
  value === "failed" || value === "done" ? text : null,
);

const RUN_WAIT = object({ pipeline: text, match: object({}) });

const BACKOFF = tagged("type", {
  constant: object({}),
  exponential: object({ factor: number, maxMs: number }),
});

const LIMIT = tagged("kind", {
  pool: object({ pool: text, slots: number }),
  key: object({ name: text, key: LIMIT_KEY, limit: number }),
  rate: object({ name: text, key: LIMIT_KEY, limit: number, perMs: number }),
});

/** See `TaskSpec`. */
export const TASK: Shape = object(
  {
    name: text,
    kind: text,
    needs: record(RESULT_REF),
    over: nullOr(RESULT_REF),
    maxParallel: nullOr(number),
    when: nullOr(WHEN),
    runIf: text,
    produces: record(
      tagged("type", { dataset: object({ dataset: text }), event: object({ event: text }) }),
    ),
    consumes: record(object({ dataset: text, previous: flag })),
    waitFor: list(text),
    calls: list(object({ pipeline: text, wait: flag })),
    retries: object({ limit: number, backoff: text, delayMs: number, maxMs: number, jitter: flag }),
    timeoutMs: number,
    queue: text,
    priority: number,
  },
  {
    needsList: exactly(true),
    cross: list(RESULT_REF),
    overPartitions: record(PARTITION_MAP),
    overSchemes: SCHEMES,
    failFast: exactly(true),
    group: text,
    runWaits: list(RUN_WAIT),
    poll: object({}),
    approval: object({ roles: list(text) }),
    sensor: object({
      everyMs: number,
      timeoutMs: nullOr(number),
      onTimeout: text,
      backoff: BACKOFF,
    }),
    limits: list(LIMIT),
    resources: object({}),
    isolate: object({ memoryMb: nullOr(number) }),
  },
);
