import { MillraceError } from "@millrace/core/internal";
import { readRun } from "@millrace/postgres";
import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { toRunId } from "../input/run-id.ts";
import { toDetailJson } from "../run/run-json.ts";
import { toRunLines } from "../run/run-lines.ts";
import { runName } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";

export function showCommand(run: Runner): Command {
  return new Command("show")
    .description("show one run: its cause, its tasks and what it updated")
    .argument("<run>", "run_12, or 12")
    .action((text: string, _options: object, command: Command) =>
      run(command, (context) => {
        const runId = toRunId(text);
        return withStore(context, (open) => show(context, open, runId));
      }),
    );
}

async function show(
  { terminal }: CommandContext,
  { database }: OpenStore,
  runId: number,
): Promise<ExitCode> {
  const run = await readRun(database, runId);
  if (run === null) {
    throw new MillraceError(
      "NOT_FOUND",
      { what: "run", name: runName(runId) },
      `There is no run ${runName(runId)}. List the runs with \`millrace runs\`.`,
    );
  }
  terminal.document(toDetailJson(run));
  terminal.print(toRunLines(run, terminal));
  return EXIT.ok;
}
