import { takeStrayErrors, WORKER_DEFAULTS } from "@millrace/worker";
import type { CommandContext } from "../command-context.ts";
import { startRuntime } from "../compose.ts";
import { toWorkObserver } from "../dev/work-lines.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { specsOf } from "../project/check-projects.ts";
import { loadProject } from "../project/load-project.ts";
import { toSchemas } from "../project/schemas-at-hand.ts";
import { runName } from "../terminal/words.ts";
import type { Order } from "./run-order.ts";
import { finish, start, toStart, wait } from "./start-and-wait.ts";
import { waitUntilIdle } from "./wait-until-idle.ts";
import { waitUntilTold } from "./wait-until-told.ts";

/** Nobody else can work on the embedded database: the worker is in this process. */
export async function runEmbedded(context: CommandContext, order: Order): Promise<ExitCode> {
  const project = await loadProject(context.project(order.files));
  // Only what there is code for here would ever run.
  const toBegin = await toStart(order, specsOf(project), toSchemas(project));
  const observe = toWorkObserver(context.terminal);
  const release = takeStrayErrors((error) => {
    observe({ type: "problem", where: "an error that nobody caught", error });
    // Nobody else has the database: what ran is found by the next process that opens it.
    process.exit(EXIT.unexpected);
  });
  const runtime = await startRuntime(project, {
    services: context.services,
    roles: { slots: WORKER_DEFAULTS.slots, scheduler: true, sources: false },
    observe,
  });
  try {
    const runId = await start(runtime, toBegin);
    context.terminal.print(runName(runId));
    const waited = await wait(context, runtime, runId, order);
    if (waited.why === "ended") {
      await waitUntilIdle(context.terminal, runtime.database, waited.run.correlationId);
      await waitUntilTold(context.terminal, runtime.database);
    }
    return finish(context, waited);
  } finally {
    await runtime.stop({ graceMs: 0 });
    release();
  }
}
