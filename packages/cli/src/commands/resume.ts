import { createInterface } from "node:readline/promises";
import type { ResumePlan } from "@millrace/postgres";
import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { inputInvalid } from "../input/input-invalid.ts";
import { counted, partitionWords } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";
import { pausableName, toPausable } from "./pause.ts";

interface ResumeOptions {
  readonly trigger?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export function resumeCommand(run: Runner): Command {
  return new Command("resume")
    .description("let a paused pipeline start again, with what was kept")
    .argument("<pipeline>", "its name, or namespace/name")
    .option("--trigger <name>", "this trigger of it only")
    .option("--dry-run", "only show the runs that it would start")
    .option("--yes", "do not ask before runs are started")
    .action((typed: string, options: ResumeOptions, command: Command) =>
      run(command, (context) =>
        withStore(context, (open) => resume(context, open, typed, options)),
      ),
    );
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
