import { Command } from "commander";
import { type CommandContext, type Runner, serverServices } from "../command-context.ts";
import type { ExitCode } from "../exit-code.ts";
import { retentionOption, toRetention } from "../input/retention.ts";
import { loadProject } from "../project/load-project.ts";
import { serve } from "../serve.ts";

export function schedulerCommand(run: Runner): Command {
  return new Command("scheduler")
    .description("fire timers, sweep, and listen to sources until it is told to stop")
    .argument("[files...]", "modules and folders; else flow.ts, else pipelines/")
    .addOption(retentionOption())
    .action((files: string[], options: SchedulerOptions, command: Command) =>
      run(command, (context) => scheduler(context, files, options)),
    );
}

interface SchedulerOptions {
  readonly retention?: string;
}

async function scheduler(
  context: CommandContext,
  files: readonly string[],
  options: SchedulerOptions,
): Promise<ExitCode> {
  const retention = toRetention(options.retention);
  const services = serverServices(context, "scheduler");
  const project = await loadProject(context.project(files));
  const roles = { slots: 0, scheduler: true, sources: true };
  return serve(context.terminal, project, { services, roles, graceMs: 0, retention });
}
