import { type JsonValue, partitionWords, type RunIf } from "@millrace/core/internal";
import { lineageRunId } from "./lineage-id.ts";
import type {
  LineageCheck,
  LineageDataset,
  LineageError,
  LineageProducer,
  LineageRun,
  LineageRunRef,
  LineageTask,
} from "./lineage-input.ts";
import { lineageJobName } from "./lineage-name.ts";

export type Facets = Readonly<Record<string, JsonValue>>;

/** Where the released schemas lie; each facet has a version of its own. */
const SPEC = "https://openlineage.io/spec";
/** Collectors refuse large events as a whole, so the text of an error is what is cut. */
const MESSAGE_LENGTH_MAX = 4_096;
const STACK_LENGTH_MAX = 16_384;

/** OpenLineage's words are examples, not an enumeration: those of Airflow where it has one. */
const TRIGGER_RULES: Readonly<Record<RunIf, string>> = {
  all_success: "ALL_SUCCESS",
  all_failed: "ALL_FAILED",
  all_done: "ALL_DONE",
  all_skipped: "ALL_SKIPPED",
  at_least_one_success: "ONE_SUCCESS",
  at_least_one_failed: "ONE_FAILED",
  at_least_one_done: "ONE_DONE",
  none_failed: "NONE_FAILED",
  none_failed_min_one_success: "NONE_FAILED_MIN_ONE_SUCCESS",
  none_skipped: "NONE_SKIPPED",
  always: "ALWAYS",
};

function facet(
  producer: LineageProducer,
  schema: `${string}#/$defs/${string}`,
  fields: Facets,
): Facets {
  return { _producer: producer.url, _schemaURL: `${SPEC}/facets/${schema}`, ...fields };
}

/** Facets of a run as a whole, and of a task run when there is a task. */
export function runFacets(
  producer: LineageProducer,
  run: LineageRun,
  task: LineageTask | null,
  error: LineageError | null,
): Facets {
  const parent = task === null ? run.parent : run;
  return {
    processing_engine: engineFacet(producer),
    tags: tagsFacet(producer, run, task),
    ...(run.interval !== null && { nominalTime: nominalTimeFacet(producer, run.interval) }),
    ...(parent !== null && {
      parent: parentFacet(producer, parent, run.root ?? run.parent ?? run),
    }),
    ...(task !== null &&
      task.needs.length > 0 && { jobDependencies: dependenciesFacet(producer, run, task) }),
    ...(error !== null && { errorMessage: errorFacet(producer, error) }),
  };
}

export function jobFacets(producer: LineageProducer, jobType: "PIPELINE" | "TASK"): Facets {
  return {
    jobType: facet(producer, "2-0-4/JobTypeJobFacet.json#/$defs/JobTypeJobFacet", {
      processingType: "BATCH",
      integration: "MILLRACE",
      jobType,
    }),
  };
}

/** The number of its update is a dataset's version: two events about one update agree on it. */
export function datasetFacets(
  producer: LineageProducer,
  { updateId, checks = [] }: LineageDataset,
): Facets {
  return {
    version: facet(
      producer,
      "1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet",
      { datasetVersion: `${updateId}` },
    ),
    ...(checks.length > 0 && { dataQualityAssertions: assertionsFacet(producer, checks) }),
  };
}

/** A blocking check is an `error` in OpenLineage's words, any other a `warn`. */
function assertionsFacet(producer: LineageProducer, checks: readonly LineageCheck[]): Facets {
  return facet(
    producer,
    "1-2-0/DataQualityAssertionsDatasetFacet.json#/$defs/DataQualityAssertionsDatasetFacet",
    {
      assertions: checks.map(({ name, passed, blocking }) => ({
        assertion: name,
        name,
        success: passed,
        severity: blocking ? "error" : "warn",
      })),
    },
  );
}

export function inputFacets(producer: LineageProducer, dataset: LineageDataset): Facets {
  const condition = partitionCondition(dataset);
  if (condition === null) return {};
  const schema = "1-0-0/BaseSubsetDatasetFacet.json#/$defs/InputSubsetInputDatasetFacet";
  return { subset: facet(producer, schema, { inputCondition: condition }) };
}

export function outputFacets(producer: LineageProducer, dataset: LineageDataset): Facets {
  const condition = partitionCondition(dataset);
  const statistics = outputStatistics(dataset);
  return {
    ...(condition !== null && {
      subset: facet(
        producer,
        "1-0-0/BaseSubsetDatasetFacet.json#/$defs/OutputSubsetOutputDatasetFacet",
        { outputCondition: condition },
      ),
    }),
    ...(statistics !== null && {
      outputStatistics: facet(
        producer,
        "1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet",
        statistics,
      ),
    }),
  };
}

function partitionCondition({ partition }: LineageDataset): JsonValue {
  if (Object.keys(partition).length === 0) return null;
  const one = { identifier: partitionWords(partition), dimensions: partition };
  return { type: "partition", partitions: [one] };
}

/** Whole numbers only: the schema takes no others. */
function outputStatistics({ rowCount, bytes, fileCount }: LineageDataset): Facets | null {
  const counted = Object.entries({ rowCount, size: bytes, fileCount }).flatMap(([key, value]) =>
    value !== undefined && Number.isSafeInteger(value) && value >= 0 ? [[key, value] as const] : [],
  );
  return counted.length === 0 ? null : Object.fromEntries(counted);
}

function engineFacet(producer: LineageProducer): Facets {
  return facet(producer, "1-1-1/ProcessingEngineRunFacet.json#/$defs/ProcessingEngineRunFacet", {
    name: "millrace",
    version: producer.version,
    openlineageAdapterVersion: producer.version,
  });
}

/** By what people look for: the number that commands take, the cause, and the one story. */
function tagsFacet(producer: LineageProducer, run: LineageRun, task: LineageTask | null): Facets {
  const { item = null, items = null } = task ?? {};
  const tags = {
    run: `run_${run.id}`,
    trigger: run.trigger,
    correlation_id: run.correlationId,
    ...(item !== null && { item: `${item}` }),
    ...(items !== null && {
      items: `${items.total}`,
      items_failed: `${items.failed}`,
      items_skipped: `${items.skipped}`,
    }),
    ...(Object.keys(run.partition).length > 0 && { partition: partitionWords(run.partition) }),
  };
  return facet(producer, "1-0-0/TagsRunFacet.json#/$defs/TagsRunFacet", {
    tags: Object.entries(tags).map(([key, value]) => ({ key, value, source: "MILLRACE" })),
  });
}

function nominalTimeFacet(
  producer: LineageProducer,
  { start, end }: NonNullable<LineageRun["interval"]>,
): Facets {
  return facet(producer, "1-0-1/NominalTimeRunFacet.json#/$defs/NominalTimeRunFacet", {
    nominalStartTime: start,
    ...(end !== null && { nominalEndTime: end }),
  });
}

function parentFacet(
  producer: LineageProducer,
  parent: LineageRunRef,
  root: LineageRunRef,
): Facets {
  return facet(producer, "1-2-0/ParentRunFacet.json#/$defs/ParentRunFacet", {
    ...refOf(producer, parent),
    root: refOf(producer, root),
  });
}

function refOf({ installation }: LineageProducer, { id, pipeline }: LineageRunRef): Facets {
  return {
    run: { runId: lineageRunId(installation, { runId: id }) },
    job: { ...lineageJobName(pipeline) },
  };
}

function dependenciesFacet(
  producer: LineageProducer,
  run: LineageRun,
  { needs, runIf }: LineageTask,
): Facets {
  const upstream = needs.map((task) => ({
    job: { ...lineageJobName(run.pipeline, task) },
    run: { runId: lineageRunId(producer.installation, { runId: run.id, task }) },
    dependency_type: "DIRECT_INVOCATION",
    sequence_trigger_rule: "FINISH_TO_START",
    status_trigger_rule: statusRule(runIf),
  }));
  const schema = "1-0-1/JobDependenciesRunFacet.json#/$defs/JobDependenciesRunFacet";
  return facet(producer, schema, { upstream, trigger_rule: TRIGGER_RULES[runIf] });
}

/** Of one edge: what the rule says of a single upstream, if it says anything. */
function statusRule(runIf: RunIf): string {
  if (runIf === "all_success") return "EXECUTE_ON_SUCCESS";
  return runIf === "all_failed" ? "EXECUTE_ON_FAILURE" : "EXECUTE_EVERY_TIME";
}

function errorFacet(producer: LineageProducer, { message, stack }: LineageError): Facets {
  return facet(producer, "1-0-1/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet", {
    message: cut(message, MESSAGE_LENGTH_MAX),
    programmingLanguage: "TypeScript",
    ...(stack !== null && { stackTrace: cut(stack, STACK_LENGTH_MAX) }),
  });
}

function cut(text: string, lengthMax: number): string {
  return text.slice(0, lengthMax).toWellFormed();
}
