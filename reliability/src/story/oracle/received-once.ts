import type { Violation } from "../../invariants/violation.ts";
import type { Ledger } from "../ledger.ts";
import type { Found, FoundFact } from "./found.ts";

/** Tasks that say what they received, by what they receive. */
const TELLING = new Set(["load", "digest", "show", "pack", "one", "hear"]);
const DEAF = new Set(["crowded/keyed"]);

/** What handlers were given is what the deliveries say that their runs consumed. */
export function receivedOnce(ledger: Ledger, found: Found): readonly Violation[] {
  const runs = new Map(found.runs.map((run) => [run.id, run]));
  const updates = new Map(found.updates.map((update) => [update.id, carried(update)]));
  const events = new Map(found.events.map((event) => [event.id, carried(event)]));
  const consumed = Map.groupBy(found.deliveries, ({ runId }) => runId);
  return ledger.executions.flatMap(({ exec, task, runId, end, received }) => {
    const run = runs.get(runId);
    if (run === undefined || run.isRepeat || DEAF.has(run.pipeline)) return [];
    if (!TELLING.has(task) || end !== "returned") return [];
    const due = (consumed.get(runId) ?? []).flatMap(({ kind, factId }) => {
      const fact = (kind === "update" ? updates : events).get(factId);
      return fact === undefined ? [] : [fact];
    });
    const [given, wanted] = [sorted(received.map(String)), sorted(due)];
    if (given === wanted) return [];
    const what = `execution ${exec} of run_${runId}.${task} received ${given || "nothing"}, and its run consumed ${wanted || "nothing"}`;
    return [{ invariant: "I2" as const, what, detail: { runId } }];
  });
}

function carried({ mark, exec }: FoundFact): string {
  return mark > 0 ? `mark ${mark}` : `exec ${exec}`;
}

function sorted(texts: readonly string[]): string {
  return texts.toSorted((a, b) => a.localeCompare(b)).join(", ");
}
