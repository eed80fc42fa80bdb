import type { Clock } from "@millrace/worker";
import type { Life } from "./life.ts";

/** The clock of one process: as wrong as it likes, since only the database says what time it is. */
export function simClock(life: Life): Clock {
  return {
    nowMs: () => life.timeline.nowMs + life.clockOffsetMs,
    sleep: (ms, signal) => life.sleep(ms, signal),
    random: () => life.chance.next(),
    freshId: () => life.chance.uuid(),
  };
}
