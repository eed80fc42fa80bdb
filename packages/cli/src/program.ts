import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { contextOf, type Runner } from "./command-context.ts";
import { approvalsCommand } from "./commands/approvals.ts";
import { approveCommand, rejectCommand } from "./commands/approve.ts";
import { backfillCommand } from "./commands/backfill.ts";
import { backtestCommand } from "./commands/backtest.ts";
import { cancelCommand } from "./commands/cancel.ts";
import { checkCommand } from "./commands/check.ts";
import { clearCommand } from "./commands/clear.ts";
import { deadLettersCommand } from "./commands/dead-letters.ts";
import { devCommand } from "./commands/dev.ts";
import { graphCommand } from "./commands/graph.ts";
import { intakeCommand } from "./commands/intake.ts";
import { limitsCommand } from "./commands/limits.ts";
import { markCommand } from "./commands/mark.ts";
import { migrateCommand } from "./commands/migrate.ts";
import { outsCommand } from "./commands/outs.ts";
import { pauseCommand } from "./commands/pause.ts";
import { publishCommand } from "./commands/publish.ts";
import { redriveCommand } from "./commands/redrive.ts";
import { releaseCommand } from "./commands/release.ts";
import { resumeCommand } from "./commands/resume.ts";
import { retryCommand } from "./commands/retry.ts";
import { runCommand } from "./commands/run.ts";
import { runsCommand } from "./commands/runs.ts";
import { schedulerCommand } from "./commands/scheduler.ts";
import { showCommand } from "./commands/show.ts";
import { updateCommand } from "./commands/update.ts";
import { whyCommand } from "./commands/why.ts";
import { workerCommand } from "./commands/worker.ts";
import type { ExitCode } from "./exit-code.ts";

const GROUPS: readonly [string, readonly ((run: Runner) => Command)[]][] = [
  ["Start:", [devCommand, checkCommand]],
  [
    "Look:",
    [graphCommand, runsCommand, showCommand, whyCommand, approvalsCommand, backtestCommand],
  ],
  [
    "Act:",
    [
      runCommand,
      updateCommand,
      publishCommand,
      releaseCommand,
      cancelCommand,
      pauseCommand,
      resumeCommand,
      retryCommand,
      clearCommand,
      markCommand,
      approveCommand,
      rejectCommand,
      backfillCommand,
    ],
  ],
  [
    "Operate:",
    [
      workerCommand,
      schedulerCommand,
      intakeCommand,
      outsCommand,
      redriveCommand,
      deadLettersCommand,
      limitsCommand,
      migrateCommand,
    ],
  ],
];

/** @param finish - Told the exit code of the command that ran. */
export function toProgram(finish: (code: ExitCode) => void): Command {
  const run: Runner = async (command, work) => finish(await work(contextOf(command)));
  const program = new Command("millrace")
    .description("Dataset-driven data pipelines.")
    .version(versionOfPackage(), "--version", "print the version")
    .showHelpAfterError("(add --help for what it takes)")
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  for (const option of globalOptions()) program.addOption(option);
  for (const [group, commands] of GROUPS) {
    for (const toCommand of commands) {
      program.addCommand(inherit(toCommand(run).helpGroup(group), program));
    }
  }
  return program;
}

function globalOptions(): readonly Option[] {
  return [
    new Option("--database <url>", "PostgreSQL server; without one, the embedded database").env(
      "MILLRACE_DATABASE_URL",
    ),
    new Option("--data <dir>", "where the embedded database lies").default(".millrace"),
    new Option("--redis <url>", "Redis that wakes processes at once").env("MILLRACE_REDIS_URL"),
    new Option(
      "--blobs <place>",
      "directory or s3://bucket/prefix for large outputs; else <data>/blobs if embedded",
    ).env("MILLRACE_BLOBS"),
    new Option("--project <name>", "name of the deployment; else package.json's").env(
      "MILLRACE_PROJECT",
    ),
    new Option("--build <n>", "grows with each build; older ones are refused").env(
      "MILLRACE_BUILD",
    ),
    new Option("--json", "print one JSON document"),
    new Option("-q, --quiet", "print data and errors only"),
    new Option("--verbose", "show where errors come from"),
    new Option("--no-color", "print no colours"),
  ];
}

/** Commander gives these settings only to commands that it makes itself. */
function inherit(command: Command, program: Command): Command {
  for (const part of command.commands) inherit(part, program);
  return command.copyInheritedSettings(program);
}

function versionOfPackage(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
