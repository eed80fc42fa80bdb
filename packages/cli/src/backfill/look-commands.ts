import { pipelineId } from "@millrace/core/internal";
import {
  backfillName,
  type BackfillSummary,
  listBackfills,
  noBackfill,
  readBackfill,
} from "@millrace/postgres";
import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { wholeNumber } from "../input/number-input.ts";
import { findName } from "../names/find-name.ts";
import { toTable } from "../terminal/table.ts";
import { shortName } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";
import { toBackfillId } from "./backfill-id.ts";
import {
  cascadeWords,
  countWords,
  effectWords,
  itemTable,
  toBackfillDetailJson,
  toBackfillJson,
} from "./backfill-words.ts";

interface LsOptions {
  readonly pipeline?: string;
  readonly limit: string;
}

export function lsCommand(run: Runner): Command {
  return new Command("ls")
    .description("list backfills, the newest first")
    .option("--pipeline <name>", "of this pipeline only")
    .option("--limit <n>", "at most so many, 1 to 1000", "20")
    .action((options: LsOptions, command: Command) =>
      run(command, (context) => withStore(context, (open) => list(context, open, options))),
    );
}

export function showBackfillCommand(run: Runner): Command {
  return new Command("show")
    .description("show how far each partition of a backfill has come")
    .argument("<backfill>", "backfill_7, or 7")
    .action((text: string, _options: object, command: Command) =>
      run(command, (context) => {
        const id = toBackfillId(text);
        return withStore(context, (open) => show(context, open, id));
      }),
    );
}

async function list(
  { terminal }: CommandContext,
  { database, store }: OpenStore,
  options: LsOptions,
): Promise<ExitCode> {
  const limit = wholeNumber("--limit", options.limit, { min: 1, max: 1_000 });
  const ids = (await store.listSpecs()).map(({ spec }) => pipelineId(spec));
  const { pipeline: typed } = options;
  const pipeline = typed === undefined ? null : findName("pipeline", typed, ids);
  const backfills = await listBackfills(database, { pipeline, limit });
  terminal.document({ backfills: backfills.map(toBackfillJson) });
  if (backfills.length === 0) terminal.say("There are no such backfills.");
  else terminal.print(toTable([HEAD, ...backfills.map(toRow)]));
  return EXIT.ok;
}

const HEAD = ["BACKFILL", "PIPELINE", "STATE", "UPDATES", "CREATED", "PARTITIONS"];

function toRow(backfill: BackfillSummary): readonly string[] {
  return [
    backfillName(backfill.id),
    shortName(backfill.pipeline),
    backfill.state,
    backfill.updates,
    backfill.createdAt.toISOString(),
    countWords(backfill.counts),
  ];
}

async function show(
  { terminal }: CommandContext,
  { database }: OpenStore,
  id: number,
): Promise<ExitCode> {
  const backfill = await readBackfill(database, id);
  if (backfill === null) throw noBackfill(id);
  const { pipeline, state, counts, updates, downstream, isRegistered } = backfill;
  terminal.document(toBackfillDetailJson(backfill));
  const orphaned = isRegistered
    ? ""
    : `No deployment has ${shortName(pipeline)} any more: deploy it, then resume.`;
  const parts = [
    `${backfillName(id)} of ${shortName(pipeline)} is ${state}: ${countWords(counts)}`,
    orphaned,
    itemTable(backfill),
    effectWords(updates, downstream),
    cascadeWords(backfill),
  ];
  terminal.print(parts.filter((part) => part !== "").join("\n\n"));
  return EXIT.ok;
}
