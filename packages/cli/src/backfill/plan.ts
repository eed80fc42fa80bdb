import { backfillName } from "@millrace/postgres";
import type { CommandContext } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { shortName } from "../terminal/words.ts";
import { type PlanOptions, toRequest } from "./backfill-order.ts";
import { actionWords, effectWords, planTable } from "./backfill-words.ts";

/** Shows what a backfill would do, and keeps it. */
export async function plan(
  context: CommandContext,
  open: OpenStore,
  typed: string,
  options: PlanOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  const request = await toRequest(context, open, typed, options);
  const planned = await open.store.planBackfill(request);
  const name = backfillName(planned.backfillId);
  const { items, downstream } = planned.plan;
  const { pipeline, updates, existing } = request;
  terminal.document({ id: name, pipeline, updates, existing, items, downstream });
  terminal.print(
    [
      `${name} of ${shortName(pipeline)}: ${actionWords(items)}`,
      planTable(items),
      effectWords(updates, downstream),
    ].join("\n\n"),
  );
  terminal.say(`Nothing runs yet. Start it with: millrace backfill start ${name}`);
  return EXIT.ok;
}
