import { partitionValueProblem } from "../partition/partition-value.ts";
import type { CalendarKind, PartitionScheme } from "../spec/partition-spec.ts";
import type { SlotRule } from "./capture-slots.ts";

/** Periods have names of one length: `2026-11-21T05`, `2026-11-21`, `2026-W47` and so on. */
const PERIOD_LENGTHS: Readonly<Record<CalendarKind, number>> = {
  hour: 13,
  day: 10,
  week: 8,
  month: 7,
  quarter: 7,
  year: 4,
};

/** What a slot takes: the partitions of its scheme. */
export function slotRuleOf(scheme: PartitionScheme): SlotRule {
  if (scheme.kind === "keys") {
    const lengths = new Set(scheme.values.map((value) => value.length));
    const values = new Set(scheme.values);
    const ascending = [...lengths].toSorted((a, b) => a - b);
    return { lengths: ascending, accepts: (value) => values.has(value) };
  }
  // Their length is open, so what they accept is asked once a reading is found.
  if (scheme.kind === "dynamic") return "any";
  const accepts = (value: string): boolean => partitionValueProblem(scheme, value) === null;
  return { lengths: [PERIOD_LENGTHS[scheme.kind]], accepts };
}
