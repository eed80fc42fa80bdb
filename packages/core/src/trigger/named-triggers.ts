import { isRecord } from "../spec/json.ts";
import { triggerDraftOf } from "./trigger-draft.ts";

/**
 * The triggers under `on`, by name. A trigger that stands there by itself is refused: all that it
 * carries is hidden from whoever lists its members, so it would be no trigger at all.
 */
export function namedTriggers(on: unknown, problems: string[]): Readonly<Record<string, unknown>> {
  if (triggerDraftOf(on) !== null) {
    problems.push(
      "its on is a trigger without a name: write on: { daily: … }, with a name of yours",
    );
    return {};
  }
  if (isRecord(on)) return on;
  problems.push(
    "its on is no object of triggers: write on: { daily: cron(…) }, with names of yours",
  );
  return {};
}
