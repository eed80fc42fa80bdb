import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { toRunId } from "../input/run-id.ts";
import { type SaidOptions, saidOf, withSaid } from "../input/said.ts";
import { runName } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";

export function cancelCommand(run: Runner): Command {
  const command = new Command("cancel")
    .description("cancel a run: what waits ends at once, what runs is asked to stop")
    .argument("<run>", "run_12, or 12");
  return withSaid(command).action((text: string, options: SaidOptions, self: Command) =>
    run(self, (context) => {
      const runId = toRunId(text);
      return withStore(context, (open) => cancel(context, open, runId, options));
    }),
  );
}

async function cancel(
  { terminal }: CommandContext,
  { store, followUps }: OpenStore,
  runId: number,
  options: SaidOptions,
): Promise<ExitCode> {
  const { state, ...afterwards } = await store.cancelRun(runId, saidOf(options));
  followUps.follow(afterwards);
  const name = runName(runId);
  terminal.document({ id: name, state });
  terminal.print(name);
  if (state === "succeeded" || state === "failed") {
    terminal.warn(`${name} has already ${state}: there is nothing left to cancel.`);
    return EXIT.conflict;
  }
  terminal.say(
    state === "cancelled"
      ? `${name} is cancelled.`
      : `${name} starts nothing more; its running tasks are asked to stop.`,
  );
  return EXIT.ok;
}
