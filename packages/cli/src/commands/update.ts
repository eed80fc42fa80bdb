import { datasetId, type DatasetSpec, type IntakeUpdate, renderUri } from "@millrace/core/internal";
import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { checkedInput } from "../input/checked-input.ts";
import { checkPartition } from "../input/checked-partition.ts";
import { givenTrace, TRACE_OPTION } from "../input/given-trace.ts";
import { inputInvalid } from "../input/input-invalid.ts";
import { readJson } from "../input/json-input.ts";
import { collect, toRecord } from "../input/pairs.ts";
import { findName } from "../names/find-name.ts";
import { schemasAtHand } from "../project/schemas-at-hand.ts";
import { sayWhoWorks } from "../run/say-who-works.ts";
import { shortName } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";

interface UpdateOptions {
  readonly partition?: readonly string[];
  readonly metadata?: string;
  readonly uri?: string;
  readonly key?: string;
  readonly traceparent?: string;
  readonly removed?: boolean;
  readonly file?: readonly string[];
}

export function updateCommand(run: Runner): Command {
  return new Command("update")
    .description("record that a dataset was updated; what depends on it runs")
    .argument("<dataset>", "its name, or namespace/name")
    .option("--partition <key=value>", "which partition of it (one for each key)", collect)
    .option("--metadata <json>", "as its schema wants it; @path for a file, @- for stdin")
    .option("--uri <uri>", "where it lies; else as its template says")
    .option("--key <text>", "two updates with one key are one")
    .option(...TRACE_OPTION)
    .option("--removed", "it is no longer there")
    .option("-f, --file <path>", "project to check the metadata with (repeatable)", collect)
    .action((dataset: string, options: UpdateOptions, command: Command) =>
      run(command, (context) =>
        withStore(context, (open) => update(context, open, dataset, options)),
      ),
    );
}

async function update(
  context: CommandContext,
  { store, followUps }: OpenStore,
  typed: string,
  options: UpdateOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  const specs = (await store.listSpecs()).flatMap(({ spec }) => Object.values(spec.datasets));
  const datasets = new Map(specs.map((spec) => [datasetId(spec), spec]));
  const dataset = findName("dataset", typed, [...datasets.keys()]);
  const item = await toUpdate(context, dataset, datasets.get(dataset), options);
  const { ids, ...afterwards } = await store.recordUpdates([item]);
  followUps.follow(afterwards);
  const [id = null] = ids;
  terminal.document({ update: id, dataset, partition: item.partition, duplicate: id === null });
  if (id === null) {
    terminal.say(`${shortName(dataset)} had an update with this key before: nothing changed.`);
  } else {
    terminal.print(`update_${id}`);
    terminal.say(`${shortName(dataset)} is updated.`);
    sayWhoWorks(context);
  }
  return EXIT.ok;
}

async function toUpdate(
  context: CommandContext,
  dataset: string,
  spec: DatasetSpec | undefined,
  options: UpdateOptions,
): Promise<IntakeUpdate> {
  const partition = toRecord("--partition", options.partition ?? []);
  checkPartition(`dataset ${shortName(dataset)}`, spec?.partitions ?? {}, partition);
  const template = spec?.uri ?? null;
  return {
    dataset,
    partition,
    kind: options.removed === true ? "removed" : "changed",
    uri: options.uri ?? (template === null ? null : renderUri(template, partition)),
    metadata: await toMetadata(context, dataset, spec, options),
    source: { type: "api", key: "cli" },
    idempotencyKey: options.key ?? null,
    correlationId: null,
    traceparent: givenTrace(options.traceparent),
  };
}

async function toMetadata(
  context: CommandContext,
  dataset: string,
  spec: DatasetSpec | undefined,
  { metadata, removed, file }: UpdateOptions,
): Promise<IntakeUpdate["metadata"]> {
  const given = metadata === undefined ? {} : await readJson("--metadata", metadata);
  // What is gone has no rows to count.
  if (removed === true && metadata === undefined) return given;
  const schema = (await schemasAtHand(context, file ?? [])).ofMetadata(dataset);
  if (schema !== null) {
    return checkedInput(`metadata of ${shortName(dataset)}`, schema, given);
  }
  if (metadata === undefined && spec?.metadata?.required === true) {
    throw inputInvalid("--metadata", [
      `Updates of ${shortName(dataset)} have required metadata; say it with --metadata.`,
    ]);
  }
  return given;
}
