import type { Violation } from "../../invariants/violation.ts";
import type { Ledger } from "../ledger.ts";
import type { Found } from "./found.ts";

const MINUTE_MS = 60_000;
/** So much later at most, everything healed, a slot has its run. */
const LATE_MS = 10_000;

/**
 * When New York's clocks show 02:30 and 01:30, as its government has it, and what the manual says
 * of a time that does not exist (the first that does) or exists twice (the first).
 */
const NIGHTLY: Readonly<Record<string, readonly string[]>> = {
  "default/nightly gap": ["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z", "2026-11-01T07:30:00Z"],
  "default/nightly doubled": ["2026-03-09T05:30:00Z"],
};

/** What there is to compare slots with. */
interface Fired {
  readonly from: number;
  readonly now: number;
  readonly fires: Found["fires"];
  readonly everPaused: ReadonlySet<string>;
}

/** Schedules that make up for everything fire once for each slot, and for nothing else. */
export function slotsFired(ledger: Ledger, found: Found, now: number): readonly Violation[] {
  const from = ledger.registeredAt;
  if (from === null) return [];
  const fired = { from, now, fires: found.fires, everPaused: ledger.pausedPipelines };
  return [
    ...compare("default/minutely tick", minutes(from, now), fired),
    ...Object.entries(NIGHTLY).flatMap(([of, texts]) =>
      compare(
        of,
        texts.map((text) => Date.parse(text)),
        fired,
      ),
    ),
    ...runsOnce(found),
  ];
}

function minutes(from: number, to: number): readonly number[] {
  const slots: number[] = [];
  for (let at = Math.ceil(from / MINUTE_MS) * MINUTE_MS; at <= to; at += MINUTE_MS) slots.push(at);
  return slots;
}

function compare(
  of: string,
  slots: readonly number[],
  { from, now, fires, everPaused }: Fired,
): readonly Violation[] {
  const due = slots.filter((slot) => slot > from && slot <= now - LATE_MS);
  const fired = fires.filter((fire) => fire.of === of).map(({ slot }) => slot);
  // Ticks of a paused schedule are passed over.
  const isPaused = everPaused.has(of.split(" ")[0] ?? "");
  const missed = isPaused ? [] : due.filter((slot) => !fired.includes(slot));
  // Around the registration and the end, a slot may be there or not.
  const isAtEdge = (slot: number): boolean => slot > now - LATE_MS || slot <= from;
  const strange = fired.filter((slot) => !due.includes(slot) && !isAtEdge(slot));
  return [
    ...missed.map((slot) => violation(`${of} has no run for its slot`, slot)),
    ...strange.map((slot) => violation(`${of} fired, though it has no slot`, slot)),
  ];
}

function violation(what: string, slot: number): Violation {
  const at = new Date(slot).toISOString();
  return { invariant: "I10", what: `${what} ${at}`, detail: { slot: at } };
}

function runsOnce({ runs }: Found): readonly Violation[] {
  const scheduled = runs.filter(({ slot, isRepeat }) => slot !== null && !isRepeat);
  const slots = Map.groupBy(
    scheduled,
    ({ pipeline, trigger, slot }) => `${pipeline} ${trigger} ${slot}`,
  );
  return [...slots]
    .filter(([, same]) => same.length > 1)
    .map(([slot, same]) => ({
      invariant: "I10" as const,
      what: `${slot} has ${same.length} runs`,
      detail: { runs: same.map(({ id }) => id) },
    }));
}
