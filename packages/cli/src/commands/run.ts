import { Command } from "commander";
import type { Runner } from "../command-context.ts";
import { TRACE_OPTION } from "../input/given-trace.ts";
import { collect } from "../input/pairs.ts";
import { runEmbedded } from "../run/run-embedded.ts";
import { runOnServer } from "../run/run-on-server.ts";
import { type RunOptions, toOrder } from "../run/run-order.ts";

export function runCommand(run: Runner): Command {
  return new Command("run")
    .description("start a run by hand")
    .argument("<pipeline>", "its name, or namespace/name")
    .option("--param <key=value>", "a parameter, as JSON or text (repeatable)", collect)
    .option("--partition <key=value>", "what the run is for (one for each key)", collect)
    .option("--key <text>", "starting twice with one key gives the same run")
    .option(...TRACE_OPTION)
    .option("--wait", "wait for its end; always so with the embedded database")
    .option("--timeout <duration>", "wait no longer, such as 90s or 10m; exit 6")
    .option("-f, --file <path>", "modules and folders of the project (repeatable)", collect)
    .addHelpText("after", "\nExit 10 when the run failed, 11 when it was cancelled.")
    .action((pipeline: string, options: RunOptions, command: Command) =>
      run(command, (context) => {
        const order = toOrder(pipeline, options);
        return "url" in context.services.database
          ? runOnServer(context, order)
          : runEmbedded(context, order);
      }),
    );
}
