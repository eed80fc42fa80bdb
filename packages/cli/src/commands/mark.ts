import type { Mark } from "@millrace/core/internal";
import { Argument, Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { readJson } from "../input/json-input.ts";
import { toRunId } from "../input/run-id.ts";
import { type SaidOptions, saidOf, withSaid } from "../input/said.ts";
import { sayWhoWorks } from "../run/say-who-works.ts";
import { runName } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";

interface MarkOptions extends SaidOptions {
  readonly output?: string;
  readonly emit?: boolean;
}

interface Asked {
  readonly runId: number;
  readonly task: string;
  readonly as: Mark["as"];
}

export function markCommand(run: Runner): Command {
  const command = new Command("mark")
    .description("give a task of a run an outcome; what follows goes on by it")
    .argument("<run>", "run_12, or 12")
    .argument("<task>", "its name")
    .addArgument(
      new Argument("<as>", "its outcome").choices(["succeeded", "failed", "skipped"] as const),
    )
    .option("--output <json>", "what it returned, when it succeeded; else null")
    .option("--emit", "update the datasets that it produces; else nothing is told")
    .addHelpText(
      "after",
      "\nAn attempt that runs may not commit any more. A run that has ended stays as it is: a new\n" +
        "run begins with the outcome in place.\n\n" +
        "Examples:\n" +
        "  millrace mark run_12 load succeeded --output '{\"rows\": 5}' --why 'loaded by hand'\n" +
        "  millrace mark run_12 notify skipped",
    );
  return withSaid(command).action(
    (...[text, task, as, options, self]: [string, string, Mark["as"], MarkOptions, Command]) =>
      run(self, (context) => {
        const asked = { runId: toRunId(text), task, as };
        return withStore(context, (open) => mark(context, open, asked, options));
      }),
  );
}

async function mark(
  context: CommandContext,
  { store, followUps }: OpenStore,
  { runId, task, as }: Asked,
  { output, emit = false, ...said }: MarkOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  const value = output === undefined ? undefined : await readJson("--output", output);
  const given = { as, emit, ...(value !== undefined && { output: value }) };
  const marked = await store.markTask(runId, task, given, saidOf(said));
  const { runId: goesOn, isNew, again, ...afterwards } = marked;
  followUps.follow(afterwards);
  const name = runName(goesOn);
  terminal.document({ id: name, of: runName(runId), task, as, isNew, again });
  terminal.print(name);
  const anew = again.length === 0 ? "" : ` Decided anew: ${again.join(", ")}.`;
  terminal.say(
    isNew
      ? `${name} goes on from ${runName(runId)}, which has ended, with ${task} ${as}.${anew}`
      : `${task} of ${name} is marked as ${as}.${anew}`,
  );
  sayWhoWorks(context);
  return EXIT.ok;
}
