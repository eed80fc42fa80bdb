import { createInterface } from "node:readline/promises";
import type { ResumePlan } from "@millrace/postgres";
import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { inputInvalid } from "../input/input-invalid.ts";
import { isRunName, toRunId } from "../input/run-id.ts";
import { type SaidOptions, saidOf, withSaid } from "../input/said.ts";
import { sayWhoWorks } from "../run/say-who-works.ts";
import { counted, partitionWords, runName } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";
import { pausableName, refuseTrigger, toPausable } from "./pause.ts";

interface ResumeOptions extends SaidOptions {
  readonly trigger?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export function resumeCommand(run: Runner): Command {
  const command = new Command("resume")
    .description("let a paused pipeline start again, with what was kept, or a paused run go on")
    .argument("<what>", "a pipeline: its name, or namespace/name; or a run: run_12")
    .option("--trigger <name>", "this trigger of the pipeline only")
    .option("--dry-run", "only show the runs that it would start")
    .option("--yes", "do not ask before runs are started");
  return withSaid(command).action((typed: string, options: ResumeOptions, self: Command) =>
    run(self, (context) =>
      withStore(context, (open) =>
        isRunName(typed)
          ? resumeRun(context, open, toRunId(typed), options)
          : resume(context, open, typed, options),
      ),
    ),
  );
}

async function resumeRun(
  context: CommandContext,
  { store, followUps }: OpenStore,
  runId: number,
  { trigger, dryRun = false, yes: _, ...said }: ResumeOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  refuseTrigger(trigger);
  const name = runName(runId);
  if (dryRun) {
    throw inputInvalid("--dry-run", [
      `Resuming ${name} starts no other run. See what it waits for:  millrace show ${name}`,
    ]);
  }
  const { changed, ...afterwards } = await store.resumeRun(runId, saidOf(said));
  followUps.follow(afterwards);
  terminal.document({ id: name, paused: false, changed });
  terminal.print(name);
  terminal.say(changed ? `${name} goes on.` : `${name} was not paused.`);
  sayWhoWorks(context);
  return EXIT.ok;
}

async function resume(
  { terminal }: CommandContext,
  { store, followUps }: OpenStore,
  typed: string,
  { trigger, dryRun = false, yes = false }: ResumeOptions,
): Promise<ExitCode> {
  const what = await toPausable(store, typed, trigger);
  const plan = await store.planResume(what);
  const name = pausableName(what);
  for (const line of planLines(name, plan)) terminal.say(line);
  if (dryRun) {
    terminal.document({ ...what, plan });
    return EXIT.ok;
  }
  if (plan.runs > 0 && !yes && !(await isConfirmed(plan))) return EXIT.ok;
  const { changed, ...afterwards } = await store.resume(what);
  followUps.follow(afterwards);
  terminal.document({ ...what, paused: false, changed, plan });
  terminal.print(name);
  terminal.say(changed ? `${name} is resumed.` : `${name} was not paused.`);
  return EXIT.ok;
}

function planLines(name: string, plan: ResumePlan): readonly string[] {
  const { runs, kept, groups, stillHeld } = plan;
  const held =
    stillHeld === "pipeline_paused"
      ? [`Its pipeline is paused: ${name} starts nothing until that is resumed as well.`]
      : stillHeld === "trigger_disabled"
        ? [`Its definition disables ${name}: it starts nothing until that is changed.`]
        : [];
  const facts = counted(kept, "kept fact");
  return [
    ...held,
    `Resuming ${name} starts ${counted(runs, "run")} from ${facts}.`,
    ...groups.map(({ trigger, partition, kept: some, runs: of }) => {
      const slot = [trigger, partitionWords(partition)].filter(Boolean).join(" ");
      return `  ${slot}: ${counted(of, "run")} from ${some}`;
    }),
  ];
}

async function isConfirmed({ runs }: ResumePlan): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw inputInvalid("resume", [
      `It would start ${counted(runs, "run")}: say --yes to start them, or --dry-run to look only.`,
    ]);
  }
  const question = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await question.question("Go on? [y/N] ")).trim());
  } finally {
    question.close();
  }
}
