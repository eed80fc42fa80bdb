import type { StandardSchemaV1 } from "@standard-schema/spec";
import { checkPipeline } from "../check/check-pipeline.ts";
import { accepts, isStandardSchema, jsonSchemaOf } from "../dataset/json-schema.ts";
import { namespaceNameOf, schemesOf } from "../dataset/dataset.ts";
import { definitionInvalid } from "../error/millrace-error.ts";
import type { AnyNamespace } from "../namespace/namespace.ts";
import type { JsonValue } from "../spec/json.ts";
import { type PipelineSpec, versionOf } from "../spec/pipeline-spec.ts";
import type { TriggerSpec } from "../spec/trigger-spec.ts";
import type { Build } from "../task/build.ts";
import type { Env } from "../task/context.ts";
import { recordTasks } from "../task/task-recorder.ts";
import { namedTriggers } from "../trigger/named-triggers.ts";
import { toTriggerSpec } from "../trigger/to-trigger-spec.ts";
import { type Declarations, declaredIn, knownSources, noDeclarations } from "./declarations.ts";
import type { PipelineDefinition } from "./definition.ts";
import { toRunPolicies, type WrittenRunOptions } from "./to-run-policies.ts";

interface ErasedOptions extends WrittenRunOptions {
  readonly namespace?: AnyNamespace;
  readonly partitions?: Readonly<Record<string, unknown>>;
  readonly on?: unknown;
  readonly params?: StandardSchemaV1;
}

/**
 * The definition of a pipeline, from what its user wrote.
 *
 * @throws {DEFINITION_INVALID} With every problem at once.
 */
export function definePipeline(
  name: string,
  options: ErasedOptions,
  build: (builder: Build<Env>) => unknown,
): PipelineDefinition {
  const namespace = namespaceNameOf(options.namespace);
  const id = `${namespace}/${name}`;
  const declarations = noDeclarations();
  const own: string[] = [];
  const partitions = schemesOf(options.partitions ?? {}, own);
  const params = options.params ?? null;
  const paramsSpec = toParamsSchema(params, own);
  const defaults = options.namespace?.defaults ?? {};
  const recorded = recordTasks({ id, partitions, declarations, defaults }, build);
  const on = namedTriggers(options.on ?? {}, own);
  const triggers = toTriggers(id, on, partitions, declarations);
  const spec: PipelineSpec = {
    format: 1,
    namespace,
    name,
    partitions,
    params: paramsSpec,
    triggers: triggers.specs,
    tasks: recorded.tasks,
    result: recorded.result,
    ...declaredIn(declarations),
    ...(Object.keys(recorded.groups).length > 0 && { groups: recorded.groups }),
    ...toRunPolicies(options, defaults, own),
    ...namespaceLimitsIn(options.namespace),
  };
  const problems = [
    ...[...own, ...declarations.problems].map((problem) => `Pipeline ${id}: ${problem}.`),
    ...triggers.problems,
    ...recorded.problems,
    ...checkPipeline(spec, knownSources(declarations)),
  ];
  if (problems.length > 0) throw definitionInvalid([...new Set(problems)]);
  const frozen = frozenCopy(spec);
  return Object.freeze({
    spec: frozen,
    version: versionOf(frozen),
    handlers: recorded.handlers,
    retryWhen: recorded.retryWhen,
    ...schemasIn(declarations),
    params,
    variables: options.namespace?.variables ?? null,
    secrets: options.namespace?.secrets ?? [],
    alerts: options.namespace?.alerts ?? [],
  });
}

function toTriggers(
  id: string,
  on: Readonly<Record<string, unknown>>,
  partitions: PipelineSpec["partitions"],
  declarations: Declarations,
): { readonly specs: Readonly<Record<string, TriggerSpec>>; readonly problems: readonly string[] } {
  const specs: [string, TriggerSpec][] = [];
  const problems: string[] = [];
  for (const [trigger, value] of Object.entries(on)) {
    const found: string[] = [];
    const spec = toTriggerSpec(value, { partitions, declarations, problems: found });
    if (spec !== null) specs.push([trigger, spec]);
    problems.push(...found.map((problem) => `Pipeline ${id}, trigger ${trigger}: ${problem}.`));
  }
  return { specs: Object.fromEntries(specs), problems };
}

/** Limits that nobody set are left out, so that a bare namespace changes no version. */
function namespaceLimitsIn(of: AnyNamespace | undefined): Pick<PipelineSpec, "namespaceLimits"> {
  const limits = of?.limits ?? {};
  return Object.keys(limits).length > 0 ? { namespaceLimits: limits } : {};
}

function toParamsSchema(params: StandardSchemaV1 | null, problems: string[]): JsonValue {
  if (params === null) return null;
  if (!isStandardSchema(params)) {
    problems.push("its params are no Standard Schema; use e.g. z.object({ … })");
    return null;
  }
  if (accepts(params, {}) === "async") {
    problems.push("its params schema validates asynchronously; make it synchronous");
  }
  return jsonSchemaOf(params, "input");
}

function schemasIn({
  datasets,
  events,
}: Declarations): Pick<PipelineDefinition, "metadata" | "events"> {
  return { metadata: schemaMap(datasets), events: schemaMap(events) };
}

function schemaMap(
  from: ReadonlyMap<string, { readonly schema: StandardSchemaV1 | null }>,
): ReadonlyMap<string, StandardSchemaV1> {
  return new Map(
    [...from].flatMap(([id, { schema }]) => (schema === null ? [] : [[id, schema] as const])),
  );
}

/** A copy as JSON carries it, so that nobody's object is frozen, or changes under the version. */
function frozenCopy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_key, member: unknown) => Object.freeze(member)) as T;
}
