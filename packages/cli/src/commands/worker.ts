import { WORKER_DEFAULTS } from "@millrace/worker";
import { Command } from "commander";
import { type CommandContext, type Runner, serverServices } from "../command-context.ts";
import type { ExitCode } from "../exit-code.ts";
import { toCapacity } from "../input/capacity.ts";
import { retentionOption, toRetention } from "../input/retention.ts";
import { durationMs, wholeNumber } from "../input/number-input.ts";
import { toQueues } from "../input/queues.ts";
import { loadProject } from "../project/load-project.ts";
import { serve } from "../serve.ts";

/** As long as orchestrators wait before they kill, and a little less. */
export const GRACE_DEFAULT = "25s";

interface WorkerOptions {
  readonly slots: string;
  readonly grace: string;
  readonly queues?: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly retention?: string;
}

const SLOTS_MAX = 1_000;

export function workerCommand(run: Runner): Command {
  return new Command("worker")
    .description("run tasks until it is told to stop")
    .argument("[files...]", "modules and folders; else flow.ts, else pipelines/")
    .option("--slots <n>", "handlers at once", String(WORKER_DEFAULTS.slots))
    .option("--queues <names>", "run only tasks of these queues, e.g. gpu,default; else of all")
    .option("--cpu <n>", "CPUs that its tasks may take together; else it does not count them")
    .option("--memory <size>", "memory that its tasks may take together, e.g. 8GiB")
    .option("--grace <duration>", "how long running tasks may go on after SIGTERM", GRACE_DEFAULT)
    .addOption(retentionOption())
    .action((files: string[], options: WorkerOptions, command: Command) =>
      run(command, (context) => worker(context, files, options)),
    );
}

async function worker(
  context: CommandContext,
  files: readonly string[],
  options: WorkerOptions,
): Promise<ExitCode> {
  const slots = wholeNumber("--slots", options.slots, { min: 1, max: SLOTS_MAX });
  const graceMs = durationMs("--grace", options.grace);
  const retention = toRetention(options.retention);
  const services = serverServices(context, "worker");
  const project = await loadProject(context.project(files));
  const queues = toQueues(options.queues, project.definitions);
  const capacity = toCapacity(options);
  const roles = { slots, queues, capacity, scheduler: false, sources: false };
  return serve(context.terminal, project, { services, roles, graceMs, retention });
}
