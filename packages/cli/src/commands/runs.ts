import { pipelineId, RUN_STATES, type RunState } from "@millrace/core/internal";
import { listRuns, type RunSummary } from "@millrace/postgres";
import { Command, Option } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { wholeNumber } from "../input/number-input.ts";
import { findName } from "../names/find-name.ts";
import { causeWords } from "../run/cause-words.ts";
import { toRunJson } from "../run/run-json.ts";
import { toTable } from "../terminal/table.ts";
import { durationWords, partitionWords, runName, shortName } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";

interface RunsOptions {
  readonly pipeline?: string;
  readonly state?: RunState;
  readonly limit: string;
}

export function runsCommand(run: Runner): Command {
  return new Command("runs")
    .description("list runs, the newest first")
    .option("--pipeline <name>", "of this pipeline only")
    .addOption(new Option("--state <state>", "in this state only").choices([...RUN_STATES]))
    .option("--limit <n>", "at most so many, 1 to 1000", "20")
    .action((options: RunsOptions, command: Command) =>
      run(command, (context) => withStore(context, (open) => listed(context, open, options))),
    );
}

async function listed(
  { terminal }: CommandContext,
  open: OpenStore,
  options: RunsOptions,
): Promise<ExitCode> {
  const limit = wholeNumber("--limit", options.limit, { min: 1, max: 1_000 });
  const pipeline =
    options.pipeline === undefined ? null : await registeredName(open, options.pipeline);
  const runs = await listRuns(open.database, {
    limit,
    ...(pipeline !== null && { pipeline }),
    ...(options.state !== undefined && { state: options.state }),
  });
  terminal.document({ runs: runs.map(toRunJson) });
  if (runs.length === 0) terminal.say("There are no such runs.");
  else terminal.print(toTable([HEAD, ...runs.map(toRow)]));
  return EXIT.ok;
}

async function registeredName({ store }: OpenStore, typed: string): Promise<string> {
  const ids = (await store.listSpecs()).map(({ spec }) => pipelineId(spec));
  // A pipeline that no deployment has any more still has its runs.
  return typed.includes("/") && !ids.includes(typed) ? typed : findName("pipeline", typed, ids);
}

const HEAD = ["RUN", "PIPELINE", "STATE", "PARTITION", "CAUSE", "CREATED", "TOOK"];

function toRow(run: RunSummary): readonly string[] {
  return [
    runName(run.id),
    shortName(run.pipeline),
    run.state,
    partitionWords(run.partition),
    causeWords(run.cause),
    run.createdAt.toISOString(),
    durationWords(run.startedAt, run.endedAt),
  ];
}
