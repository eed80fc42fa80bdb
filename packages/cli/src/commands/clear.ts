import { Command } from "commander";
import type { Runner } from "../command-context.ts";
import { toRunId } from "../input/run-id.ts";
import { type SaidOptions, saidOf, withSaid } from "../input/said.ts";
import { sayRepeated } from "../run/say-repeated.ts";
import { withStore } from "../with-store.ts";

export function clearCommand(run: Runner): Command {
  const command = new Command("clear")
    .description("do a task of a run again, and what follows it")
    .argument("<run>", "run_12, or 12")
    .argument("<task>", "its name")
    .addHelpText(
      "after",
      "\nWhile the run is alive, it happens in place; a run that has ended goes on in a new one.\n\n" +
        "Example:\n  millrace clear run_12 clean --why 'the file was replaced'",
    );
  return withSaid(command).action(
    (text: string, task: string, options: SaidOptions, self: Command) =>
      run(self, (context) => {
        const runId = toRunId(text);
        return withStore(context, async (open) => {
          const cleared = await open.store.clearTask(runId, task, saidOf(options));
          return sayRepeated(context, open, runId, cleared);
        });
      }),
  );
}
