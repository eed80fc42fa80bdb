import type { JsonValue } from "@millrace/core/internal";
import type { Violation } from "../../invariants/violation.ts";
import type { Ledger } from "../ledger.ts";
import type { Found } from "./found.ts";

/** What a durable handler remembers of a step is what the step did. */
export function stepsKept({ steps }: Ledger, { tasks, runs }: Found): readonly Violation[] {
  const repeats = new Set(runs.filter(({ isRepeat }) => isRepeat).map(({ id }) => id));
  return tasks
    .filter((each) => each.task === "talk" && each.state === "succeeded")
    .filter(({ runId, isMarked }) => !isMarked && !repeats.has(runId))
    .flatMap(({ runId, output }) =>
      ["first", "second"].flatMap((step) => {
        const kept = memberOf(output, step);
        const key = `run_${runId}.talk`;
        const did = steps.filter((each) => each.key === key && each.step === step);
        if (did.some(({ exec }) => exec === kept)) return [];
        const what = `${key} remembers ${kept} of its step ${step}, which never gave that`;
        return [{ invariant: "I4" as const, what, detail: { did: did.map(({ exec }) => exec) } }];
      }),
    );
}

function memberOf(value: JsonValue, name: string): number | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const member = (value as Readonly<Record<string, JsonValue>>)[name];
  return typeof member === "number" ? member : null;
}
