import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { toRunId } from "../input/run-id.ts";
import { runName } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";

export function cancelCommand(run: Runner): Command {
  return new Command("cancel")
    .description("cancel a run: what waits ends at once, what runs is asked to stop")
    .argument("<run>", "run_12, or 12")
    .action((text: string, _options: object, command: Command) =>
      run(command, (context) => {
        const runId = toRunId(text);
        return withStore(context, (open) => cancel(context, open, runId));
      }),
    );
}

async function cancel(
  { terminal }: CommandContext,
  { store, followUps }: OpenStore,
  runId: number,
): Promise<ExitCode> {
  const { state, ...afterwards } = await store.cancelRun(runId);
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
