import path from "node:path";
import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import { DEV_CHILD } from "../dev/dev-message.ts";
import { runDevProcess } from "../dev/dev-process.ts";
import { supervise } from "../dev/supervise.ts";
import type { ExitCode } from "../exit-code.ts";

export function devCommand(run: Runner): Command {
  return new Command("dev")
    .description("run everything in one process, and again when a file is saved")
    .argument("[files...]", "modules and folders; else flow.ts, else pipelines/")
    .action((files: string[], _options: object, command: Command) =>
      run(command, (context) => dev(context, files, command)),
    );
}

async function dev(
  context: CommandContext,
  files: readonly string[],
  command: Command,
): Promise<ExitCode> {
  if (process.env[DEV_CHILD] !== undefined) return runDevProcess(context, files);
  const { terminal, directory } = context;
  const version = command.parent?.version() ?? "";
  terminal.say(`millrace ${version} · dev · ${placeWords(context)} · not for production`);
  return supervise(terminal, directory);
}

function placeWords({ services, directory }: CommandContext): string {
  if ("url" in services.database) return "PostgreSQL server";
  const place = services.database.directory;
  const shown = place === null ? "memory" : path.relative(directory, place) || ".";
  return `in-process Postgres (${shown}) · no services needed`;
}
