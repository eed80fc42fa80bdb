import { Command } from "commander";
import { type CommandContext, type Runner, serverServices } from "../command-context.ts";
import type { ExitCode } from "../exit-code.ts";
import { loadProject } from "../project/load-project.ts";
import { serve } from "../serve.ts";

export function schedulerCommand(run: Runner): Command {
  return new Command("scheduler")
    .description("fire timers, sweep, and listen to sources until it is told to stop")
    .argument("[files...]", "modules and folders; else flow.ts, else pipelines/")
    .action((files: string[], _options: object, command: Command) =>
      run(command, (context) => scheduler(context, files)),
    );
}

async function scheduler(context: CommandContext, files: readonly string[]): Promise<ExitCode> {
  const services = serverServices(context, "scheduler");
  const project = await loadProject(context.project(files));
  const roles = { slots: 0, scheduler: true, sources: true };
  return serve(context.terminal, project, { services, roles, graceMs: 0 });
}
