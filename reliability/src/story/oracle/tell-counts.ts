import type { Ledger } from "../ledger.ts";
import type { Found } from "./found.ts";

/** What happened in a story, for the counters that must not stay at zero. */
export function tellCounts(
  ledger: Ledger,
  { deliveries, runs, tasks, deadLetters }: Found,
  count: (counter: string) => void,
): void {
  for (const { disposition } of deliveries) count(`deliveries ${disposition}`);
  for (const { state, isRepeat } of runs) {
    count(`runs ${state}`);
    if (isRepeat) count("runs that repeat others");
  }
  for (const { state } of tasks) count(`tasks ${state}`);
  deadLetters.forEach(() => count("dead letters of messages"));
  for (const { end } of ledger.executions) {
    if (end === "open") count("handlers that nobody heard of again");
  }
  for (const { kind, answer } of ledger.calls) {
    if (answer === null) count(`${kind}: never answered`);
  }
  const keyed = Map.groupBy(ledger.executions, ({ key }) => key);
  for (const [, same] of keyed) {
    if (same.filter(({ end }) => end === "returned").length > 1) count("work done twice");
  }
}
