import type { Afterwards, Fact } from "@millrace/core/internal";
import { followBackfills } from "../backfill/step-backfill.ts";
import type { Database } from "../database.ts";
import type { VersionCache } from "../version-cache.ts";
import { perform, type Work } from "../work.ts";
import { answerWaits } from "./answer-waits.ts";
import { startCalls } from "./start-calls.ts";
import type { SortedWakes } from "./step-wakes.ts";
import { stopCalls } from "./stop-calls.ts";

/** Does what wakes of waits and of backfills ask for, each kind in a transaction of its own. */
export async function followWakes(
  database: Database,
  versions: VersionCache,
  { start, stop, answer, backfill }: SortedWakes,
): Promise<readonly Afterwards[]> {
  const moves = [
    { name: "start called runs", step: startCalls, wakes: start },
    { name: "stop called runs", step: stopCalls, wakes: stop },
    { name: "answer waits", step: answerWaits, wakes: answer },
    { name: "move backfills on", step: followBackfills, wakes: backfill },
  ] as const;
  const all: Afterwards[] = [];
  for (const move of moves) {
    if (move.wakes.length > 0) all.push(await make(database, versions, move));
  }
  return all;
}

function make(
  database: Database,
  versions: VersionCache,
  move: {
    readonly name: string;
    readonly step: (work: Work, wakes: readonly Fact[]) => Promise<void>;
    readonly wakes: readonly Fact[];
  },
): Promise<Afterwards> {
  return perform(database, versions, move.name, async (work) => {
    await move.step(work, move.wakes);
    return {};
  });
}
