import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { userName } from "../input/said.ts";
import { toUpdateId } from "../input/update-id.ts";
import { sayWhoWorks } from "../run/say-who-works.ts";
import { counted, shortName } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";

interface ReleaseOptions {
  readonly by?: string;
}

export function releaseCommand(run: Runner): Command {
  return new Command("release")
    .description("let an update out of quarantine; what depends on it runs")
    .argument("<update>", "update_12, or 12")
    .option("--by <name>", "who releases it, for the record; else the user of this machine")
    .action((text: string, { by }: ReleaseOptions, command: Command) =>
      run(command, (context) => {
        const updateId = toUpdateId(text);
        return withStore(context, (open) => release(context, open, updateId, by ?? userName()));
      }),
    );
}

async function release(
  context: CommandContext,
  { store, followUps }: OpenStore,
  updateId: number,
  by: string,
): Promise<ExitCode> {
  const { terminal } = context;
  const released = await store.releaseUpdate(updateId, by);
  const { dataset, failed, replacedBy, ...afterwards } = released;
  followUps.follow(afterwards);
  const name = `update_${updateId}`;
  terminal.document({ update: updateId, dataset, by, failed, replacedBy });
  terminal.print(name);
  const checks =
    failed.length === 0
      ? ""
      : ` ${counted(failed.length, "check")} had failed: ${failed.join(", ")}.`;
  terminal.say(`${name} of ${shortName(dataset)} is released by ${by}.${checks}`);
  if (replacedBy !== null) {
    terminal.warn(
      `update_${replacedBy} of the same partition is newer and was let through already: ` +
        "what starts now may undo what it did.",
    );
  }
  sayWhoWorks(context);
  return EXIT.ok;
}
