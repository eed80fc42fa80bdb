import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import type { ExitCode } from "../exit-code.ts";
import { toRunId } from "../input/run-id.ts";
import { type SaidOptions, saidOf, withSaid } from "../input/said.ts";
import { sayRepeated } from "../run/say-repeated.ts";
import { withStore } from "../with-store.ts";

interface RetryOptions extends SaidOptions {
  readonly from?: string;
  readonly latest?: boolean;
}

export function retryCommand(run: Runner): Command {
  const command = new Command("retry")
    .description("do again what failed of a run, and what follows it")
    .argument("<run>", "run_12, or 12")
    .option("--from <task>", "this task and what follows it, whatever became of it")
    .option("--latest", "with the pipeline's present version, not the run's own")
    .addHelpText(
      "after",
      "\nA run that has ended stays as it is: a new run begins with what it keeps.\n\n" +
        "Examples:\n" +
        "  millrace retry run_12\n" +
        "  millrace retry run_12 --from clean --latest --why 'fixed the parser'",
    );
  return withSaid(command).action((text: string, options: RetryOptions, self: Command) =>
    run(self, (context) => {
      const runId = toRunId(text);
      return withStore(context, (open) => retry(context, open, runId, options));
    }),
  );
}

async function retry(
  context: CommandContext,
  open: OpenStore,
  runId: number,
  { from, latest = false, ...said }: RetryOptions,
): Promise<ExitCode> {
  const version = latest ? "latest" : "own";
  const repeated =
    from === undefined
      ? await open.store.retryFailed(runId, saidOf(said), { version })
      : await open.store.rerunFrom(runId, from, saidOf(said), { version });
  return sayRepeated(context, open, runId, repeated);
}
