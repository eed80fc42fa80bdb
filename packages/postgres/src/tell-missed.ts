import { toDeadlineAlert } from "@millrace/core/internal";
import type { AfterwardsLog } from "./afterwards.ts";
import { type BuiltInEvent, publishBuiltIn } from "./built-in-events.ts";
import type { Decision } from "./decide-groups.ts";
import type { Tx } from "./transact.ts";

/** Tells the bus of missed deadlines, once for each round of a group. */
export async function tellMissed(
  tx: Tx,
  log: AfterwardsLog,
  decided: readonly Decision[],
): Promise<void> {
  const events = decided.flatMap(({ group, found }) =>
    found.steps.flatMap((step): BuiltInEvent[] => {
      if (step.type !== "alert") return [];
      const hop = Math.max(0, ...step.pending.map((row) => row.hop)) + 1;
      return [{ ...toDeadlineAlert(group, step), hop }];
    }),
  );
  await publishBuiltIn(tx, log, events);
}
