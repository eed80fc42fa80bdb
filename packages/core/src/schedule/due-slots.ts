import type { Instant } from "../lib/instant.ts";
import type { ScheduleSpec } from "../spec/trigger-spec.ts";
import { nextTick, previousTick } from "./cron.ts";

export interface DueSlots {
  /** Ticks to start a run for, oldest first. */
  readonly slots: readonly Instant[];
  /** When the schedule is due again; not after `now` when there is more to catch up. */
  readonly next: Instant | null;
}

/** A tick that fires at most this late is on time, not missed. */
const ON_TIME_MS = 60_000;
/** Ticks that are made up for in one go. */
const CATCH_UP_MAX = 100;

/** The first tick that is not before `from`; null when there is none. */
export function firstSlot(spec: ScheduleSpec, from: Instant): Instant | null {
  return nextTick(spec, from - 1);
}

/**
 * Which ticks of a schedule start a run, when it was due at `due` and is looked at `now`: with
 * `none` what was missed stays missed, `last` makes up for the newest missed tick, `all` for each.
 */
export function dueSlots(spec: ScheduleSpec, due: Instant, now: Instant): DueSlots {
  if (spec.catchup === "all") return everySlot(spec, due, now);
  const newest = Math.max(due, previousTick(spec, now + 1) ?? due);
  const wanted = spec.catchup === "last" || now - newest <= ON_TIME_MS + (spec.jitterMs ?? 0);
  return { slots: wanted ? [newest] : [], next: nextTick(spec, now) };
}

function everySlot(spec: ScheduleSpec, due: Instant, now: Instant): DueSlots {
  const slots: Instant[] = [];
  let slot: Instant | null = due;
  while (slot !== null && slot <= now && slots.length < CATCH_UP_MAX) {
    slots.push(slot);
    slot = nextTick(spec, slot);
  }
  return { slots, next: slot };
}
