import { checkJson } from "../json/check-json.ts";
import { cleaned } from "../json/storable-text.ts";
import { isRecord } from "../spec/json.ts";
import {
  anything,
  exactly,
  flag,
  list,
  nullOr,
  number,
  object,
  record,
  type Shape,
  shapeProblems,
  tagged,
  text,
} from "./shape.ts";
import { TASK } from "./task-shape.ts";
import { FILTER, SCHEMES, TRIGGER } from "./trigger-shape.ts";

const DATASET = object(
  {
    namespace: text,
    name: text,
    uri: nullOr(text),
    partitions: SCHEMES,
    metadata: nullOr(object({ required: flag })),
    observed: flag,
  },
  {
    freshness: tagged("type", {
      within: object({ withinMs: number }),
      by: object({ at: text, timezone: text }),
    }),
    checks: list(object({ name: text, blocking: flag, that: nullOr(FILTER) })),
    ready: tagged("type", {
      marker: object({ name: text }),
      count: object({ count: number }),
      manifest: object({ name: text }),
      quiet: object({ quietMs: number }),
      totalBytes: object({ bytes: number }),
    }),
  },
);

/** See `PipelineSpec`. */
const PIPELINE: Shape = object(
  {
    format: exactly(1),
    namespace: text,
    name: text,
    partitions: SCHEMES,
    params: anything,
    triggers: record(TRIGGER),
    tasks: list(TASK),
    result: nullOr(text),
    datasets: record(DATASET),
    events: record(object({ name: text }, { scope: exactly("namespace") })),
    maxActiveRuns: nullOr(number),
    maxParallelTasks: number,
  },
  {
    datasetRefs: record(SCHEMES),
    whenActive: text,
    concurrency: object({ key: list(text), limit: number }),
    groups: record(object({}, { failFast: exactly(true), timeoutMs: number, maxParallel: number })),
    failFast: exactly(true),
    timeoutMs: number,
    pools: record(number),
    namespaceLimits: object({}, { maxActiveRuns: number, maxParallelTasks: number }),
    onMissingVersion: text,
    pin: anything,
  },
);

/** As JSON text. Ten thousand tasks take less than half of it. */
const SPEC_LIMIT = {
  bytesMax: 8 * 1_024 * 1_024,
  mend: "split the pipeline in several",
  depthMax: 200,
  anyInteger: true,
} as const;

/**
 * Why a value is no spec of a pipeline at all, so that nothing else can be said of it: complete
 * sentences. Specs come from other deployments and other versions, as data. What the checks of
 * its parts look at whatever it is, they tell of in better words.
 */
export function pipelineShapeProblems(spec: unknown): string[] {
  return shapeProblems(spec, PIPELINE).map((problem) => sentence(spec, problem));
}

/** Why a spec that is right otherwise cannot be stored, as complete sentences. */
export function pipelineStorageProblems(spec: unknown): string[] {
  const check = checkJson(spec, "spec", SPEC_LIMIT);
  return check.ok ? [] : [sentence(spec, check.problem)];
}

function sentence(spec: unknown, problem: string): string {
  return `Pipeline ${nameOf(spec)}: ${problem}; define it with pipeline().`;
}

function nameOf(spec: unknown): string {
  const [namespace, name] = isRecord(spec) ? [spec["namespace"], spec["name"]] : [];
  const isNamed = typeof name === "string" && typeof namespace === "string";
  return isNamed ? cleaned(`${namespace}/${name}`, NAME_BYTES_MAX) : "without a name";
}

const NAME_BYTES_MAX = 130;
