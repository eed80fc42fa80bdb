import type { CommandContext } from "../command-context.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { schemasAtHand } from "../project/schemas-at-hand.ts";
import { runName } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";
import type { Order } from "./run-order.ts";
import { finish, start, toStart, wait } from "./start-and-wait.ts";

/** Starts a run that workers elsewhere do, and waits for it when that is asked for. */
export async function runOnServer(context: CommandContext, order: Order): Promise<ExitCode> {
  const schemas = await schemasAtHand(context, order.files);
  return withStore(context, async (open) => {
    const specs = (await open.store.listSpecs()).map(({ spec }) => spec);
    const runId = await start(open, await toStart(order, specs, schemas));
    context.terminal.print(runName(runId));
    if (order.isWaitedFor) return finish(context, await wait(context, open, runId, order));
    context.terminal.document({ id: runName(runId) });
    context.terminal.say(`Started. Look at it with: millrace show ${runName(runId)}`);
    return EXIT.ok;
  });
}
