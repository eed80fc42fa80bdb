import { BACKFILL_UPDATES, EXISTING_POLICIES } from "@millrace/core/internal";
import { Command, Option } from "commander";
import { controlCommands } from "../backfill/control-commands.ts";
import { lsCommand, showBackfillCommand } from "../backfill/look-commands.ts";
import { plan } from "../backfill/plan.ts";
import type { PlanOptions } from "../backfill/backfill-order.ts";
import type { Runner } from "../command-context.ts";
import { collect } from "../input/pairs.ts";
import { withStore } from "../with-store.ts";

export function backfillCommand(run: Runner): Command {
  const command = new Command("backfill")
    .description("run a pipeline for partitions of the past: plan, then start the plan")
    .addHelpText("after", "\nLive runs go before those of a backfill.");
  for (const part of [planCommand(run), ...controlCommands(run)]) command.addCommand(part);
  return command.addCommand(lsCommand(run)).addCommand(showBackfillCommand(run));
}

function planCommand(run: Runner): Command {
  return new Command("plan")
    .description("show exactly what would run, and keep it under an id; starts nothing")
    .argument("<pipeline>", "its name, or namespace/name")
    .option("--from <period>", "the first period, as the partition is written")
    .option("--to <period>", "the last period, included")
    .option("--key <key=value>", "this value of a partition key only (repeatable)", collect)
    .addOption(
      new Option("--existing <what>", "what becomes of partitions that have a run")
        .choices([...EXISTING_POLICIES])
        .default("skip"),
    )
    .addOption(
      new Option("--updates <mode>", "what the updates of its runs do")
        .choices([...BACKFILL_UPDATES])
        .default("emit"),
    )
    .option("--max-active <n>", "so many runs of it at once, 1 to 1000", "4")
    .option("--param <key=value>", "a parameter of every run (repeatable)", collect)
    .option("-f, --file <path>", "project to check parameters with (repeatable)", collect)
    .action((pipeline: string, options: PlanOptions, command: Command) =>
      run(command, (context) =>
        withStore(context, (open) => plan(context, open, pipeline, options)),
      ),
    );
}
