import { pathToFileURL } from "node:url";
import {
  type ClaimedTask,
  definitionOf,
  hasDefinition,
  type PipelineDefinition,
} from "@millrace/core/internal";
import { systemClock } from "../clock.ts";
import { type Execution, executeAttempt } from "../executor/execute-attempt.ts";
import type { WorkerEvent } from "../observer.ts";
import { copyError } from "./copied-error.ts";
import { toSettings } from "./copied-settings.ts";
import type { IsolatedAttempt, OrderMessage, ReportMessage } from "./isolate-message.ts";
import { endWithParent } from "./parent-watch.ts";
import { RemoteWorker } from "./remote-worker.ts";

// The main module of a process that runs one attempt, for the worker that started it.

endWithParent();
const remote = new RemoteWorker(report);
let execution: Execution | null = null;

process.on("message", (order: OrderMessage) => {
  switch (order.type) {
    case "run":
      return void run(order);
    case "abort":
      return execution?.abort(order.cause);
    case "answer":
      return remote.answered(order.id, order.answer);
    case "leave":
      process.exit(0);
  }
});
// Nobody is left who could take the outcome.
process.on("disconnect", () => process.exit(1));

/** An error in here, as in the user's modules, ends the process: the worker tells its last words. */
async function run({ claimed, modules, ...order }: IsolatedAttempt): Promise<void> {
  const definition = await findDefinition(claimed, modules);
  execution = executeAttempt(claimed, definition, {
    ...remote.calls,
    blobs: order.hasBlobs ? remote.blobs : null,
    settings: toSettings(order.settings),
    clock: systemClock,
    observe,
    abortGraceMs: order.abortGraceMs,
  });
  report({ type: "ended", outcome: await execution.outcome });
}

async function findDefinition(
  { version }: ClaimedTask,
  modules: readonly string[],
): Promise<PipelineDefinition | undefined> {
  for (const module of modules) {
    const exported = (await import(pathToFileURL(module).href)) as object;
    const found = Object.values(exported)
      .filter(hasDefinition)
      .map(definitionOf)
      .find((definition) => definition.version === version);
    if (found !== undefined) return found;
  }
  return undefined;
}

function observe(event: WorkerEvent): void {
  if (event.type === "log") report({ type: "log", event });
  if (event.type === "problem") {
    report({ type: "problem", where: event.where, error: copyError(event.error) });
  }
}

function report(message: ReportMessage): void {
  // Without a channel there is nobody to report to, and the process is about to end.
  process.send?.(message, () => {});
}
