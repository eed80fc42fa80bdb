import {
  checkJson,
  type DatasetId,
  type DatasetSpec,
  type JsonValue,
  type OutputSpec,
  type Partition,
  type PartitionSchemes,
  type PipelineDefinition,
  present,
  renderUri,
  reportProblems,
  type TaskEvent,
  type TaskSpec,
  type TaskUpdate,
  textProblem,
} from "@millrace/core/internal";
import { outputInvalid } from "./output-invalid.ts";
import { coveredPartition, partitionProblems, schemesOf } from "./output-partition.ts";
import { checkSchema, issueText, type Schema } from "./schema-check.ts";
import type { SecretGuard } from "./secrets.ts";

/** A dataset in `produces`, as its handler sees it. */
export interface DatasetOutput {
  /** Where it lies for the run's partition; "" when it has no place, or the run does not say. */
  readonly uri: string;
  update(options?: UpdateOptions): Promise<void>;
  skip(reason?: string): void;
}

export interface UpdateOptions {
  readonly partition?: Partition;
  readonly metadata?: unknown;
  readonly uri?: string;
  /** How checks came out that the handler makes, by name. */
  readonly checks?: Readonly<Record<string, boolean>>;
  /** What the update is a version of. */
  readonly version?: string;
}

/** An event in `produces`, as its handler sees it. */
export interface EventOutput {
  publish(data?: unknown): Promise<void>;
}

export interface Announced {
  readonly updates: readonly TaskUpdate[];
  readonly events: readonly TaskEvent[];
}

export const ANNOUNCED_MAX = 1_000;
/** Of an update, as UTF-8 JSON text. */
export const METADATA_BYTES_MAX: number = 64 * 1024;

export interface AnnouncementParts {
  readonly definition: PipelineDefinition;
  readonly task: TaskSpec;
  /** What the run is for. */
  readonly partition: Partition;
  readonly secrets: SecretGuard;
}

/**
 * Collects what an attempt says about its outputs; all of it commits with its success, or none.
 *
 * An announcement that is refused fails the attempt, even when its handler swallowed the error
 * or did not wait for it: nobody announces less than they meant to.
 */
export class Announcements {
  readonly #definition: PipelineDefinition;
  readonly #task: TaskSpec;
  readonly #partition: Partition;
  readonly #secrets: SecretGuard;
  readonly #updates: TaskUpdate[] = [];
  readonly #events: TaskEvent[] = [];
  readonly #skipped = new Set<DatasetId>();
  readonly #pending = new Set<Promise<void>>();
  #refusal: { readonly error: unknown } | null = null;
  #open = true;

  constructor({ definition, task, partition, secrets }: AnnouncementParts) {
    this.#definition = definition;
    this.#task = task;
    this.#partition = partition;
    this.#secrets = secrets;
  }

  /** What the handler gets as `produces`. */
  outputs(): Readonly<Record<string, DatasetOutput | EventOutput>> {
    const entries = Object.entries(this.#task.produces).map(([alias, output]) => [
      alias,
      output.type === "dataset" ? this.#datasetOutput(output) : this.#eventOutput(output),
    ]);
    return Object.fromEntries(entries);
  }

  /**
   * Everything announced, with an update for each dataset that the handler did not mention.
   *
   * @throws {OUTPUT_INVALID} When an announcement was refused, or one that is needed is missing.
   */
  async collect(): Promise<Announced> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
    this.#open = false;
    if (this.#refusal !== null) throw this.#refusal.error;
    const mentioned = new Set([...this.#updates.map(({ dataset }) => dataset), ...this.#skipped]);
    const unmentioned = Object.values(this.#task.produces).flatMap((output) =>
      output.type === "dataset" && !mentioned.has(output.dataset) ? [output.dataset] : [],
    );
    const implied = unmentioned.map((dataset) => this.#impliedUpdate(dataset));
    return { updates: [...this.#updates, ...(await Promise.all(implied))], events: this.#events };
  }

  /** From now on every announcement is refused: the attempt is over, whatever its handler does. */
  close(): void {
    this.#open = false;
  }

  #datasetOutput({ dataset }: OutputSpec & { readonly type: "dataset" }): DatasetOutput {
    return {
      uri: this.#uri(dataset, this.#covered(dataset) ?? {}) ?? "",
      update: (options = {}) => this.#record(() => this.#update(dataset, options)),
      skip: () => {
        this.#assertOpen(`skip of ${dataset}`);
        if (this.#updates.some((update) => update.dataset === dataset)) {
          throw outputInvalid(`skip of ${dataset}`, [
            "it has been updated by this attempt already",
          ]);
        }
        this.#skipped.add(dataset);
      },
    };
  }

  #eventOutput({ event }: OutputSpec & { readonly type: "event" }): EventOutput {
    return { publish: (data) => this.#record(() => this.#publish(event, data)) };
  }

  /** Runs an announcement, remembers its refusal, and lets the handler see it. */
  #record(announce: () => Promise<void>): Promise<void> {
    const work = announce();
    const watched = work
      .catch((error: unknown) => {
        this.#refusal ??= { error };
      })
      .finally(() => this.#pending.delete(watched));
    this.#pending.add(watched);
    return work;
  }

  async #update(dataset: DatasetId, options: UpdateOptions): Promise<void> {
    const what = `update of ${dataset}`;
    this.#assertOpen(what);
    const partition = { ...this.#covered(dataset), ...options.partition };
    const problems = partitionProblems(this.#schemes(dataset), partition);
    if (problems.length > 0) throw outputInvalid(what, problems);
    const uri = options.uri ?? this.#uri(dataset, partition);
    const unfit = uri === null ? null : textProblem(uri);
    if (unfit !== null) throw outputInvalid(what, [`its uri holds ${unfit}`]);
    const quality = qualityOf(this.#definition.spec.datasets[dataset], options, what);
    const metadata = await this.#metadata(dataset, options.metadata, what);
    this.#assertOpen(what);
    this.#secrets.assertFree({ partition, uri, metadata, ...quality }, what);
    this.#updates.push({ dataset, partition, uri, metadata, ...quality });
  }

  async #publish(event: string, data: unknown): Promise<void> {
    const what = `event ${event}`;
    this.#assertOpen(what);
    const schema = this.#definition.events.get(event) ?? null;
    const value = storable(await valid(schema, data, what), what, "data");
    this.#assertOpen(what);
    this.#secrets.assertFree(value, what);
    this.#events.push({ name: event, data: value });
  }

  async #impliedUpdate(dataset: DatasetId): Promise<TaskUpdate> {
    const spec = this.#definition.spec.datasets[dataset];
    const partition = this.#covered(dataset);
    const what = `task ${this.#task.name} finished without saying anything about ${dataset}`;
    if (spec?.metadata?.required === true) {
      throw outputInvalid(what, ["its metadata is required; call update({ metadata }) or skip()"]);
    }
    if (partition === null) {
      throw outputInvalid(what, [
        "the run does not say which of its partitions changed; call update({ partition }) or skip()",
      ]);
    }
    qualityOf(spec, {}, what);
    const metadata = await this.#metadata(dataset, undefined, what);
    return { dataset, partition, uri: this.#uri(dataset, partition), metadata };
  }

  /** As its schema makes it, so that defaults are there; `{}` when nothing was said. */
  async #metadata(dataset: DatasetId, given: unknown, what: string): Promise<JsonValue> {
    const schema = this.#definition.metadata.get(dataset) ?? null;
    const value = await valid(schema, given ?? {}, what);
    return storable(value, what, "metadata");
  }

  #schemes(dataset: DatasetId): PartitionSchemes {
    return present(schemesOf(this.#definition.spec, dataset), `dataset ${dataset} of the spec`);
  }

  #covered(dataset: DatasetId): Partition | null {
    return coveredPartition(this.#schemes(dataset), this.#partition);
  }

  #uri(dataset: DatasetId, partition: Partition): string | null {
    const uri = this.#definition.spec.datasets[dataset]?.uri ?? null;
    return uri === null ? null : renderUri(uri, partition);
  }

  #assertOpen(what: string): void {
    if (!this.#open) throw outputInvalid(what, ["the attempt is over; await it in the handler"]);
    if (this.#updates.length + this.#events.length >= ANNOUNCED_MAX) {
      throw outputInvalid(what, [`an attempt announces at most ${ANNOUNCED_MAX} things`]);
    }
  }
}

const VERSION_LENGTH_MAX = 1_024;

/** What an update says of its checks and its version, where it says something. */
function qualityOf(
  spec: DatasetSpec | undefined,
  { checks, version }: Pick<UpdateOptions, "checks" | "version">,
  what: string,
): Pick<TaskUpdate, "checks" | "contentVersion"> {
  const problems = reportProblems(spec?.checks, checks ?? {});
  if (version !== undefined) problems.push(...versionProblems(version));
  if (problems.length > 0) throw outputInvalid(what, problems);
  return {
    ...(checks !== undefined && { checks: { ...checks } }),
    ...(version !== undefined && { contentVersion: version }),
  };
}

function versionProblems(version: unknown): string[] {
  const isFit = typeof version === "string" && version.length > 0;
  if (!isFit || version.length > VERSION_LENGTH_MAX) {
    return [`its version must be a text of 1 to ${VERSION_LENGTH_MAX} characters`];
  }
  const unfit = textProblem(version);
  return unfit === null ? [] : [`its version holds ${unfit}`];
}

async function valid(schema: Schema | null, value: unknown, what: string): Promise<unknown> {
  if (schema === null) return value;
  const check = await checkSchema(schema, value);
  if (check.ok) return check.value;
  throw outputInvalid(what, check.issues.map(issueText));
}

function storable(value: unknown, what: string, path: string): JsonValue {
  const check = checkJson(value === undefined ? null : value, path, METADATA_BYTES_MAX);
  if (!check.ok) throw outputInvalid(what, [check.problem]);
  return check.value;
}
