import { cron, pipeline } from "@millrace/core";
import type { HasDefinition } from "@millrace/core/internal";
import { act } from "../acting.ts";
import type { Making } from "../making.ts";

/** What the clock starts, also where clocks are changed. */
export function timed(making: Making): readonly HasDefinition[] {
  const { catchup, maxActiveRuns } = making.knobs;
  const minutely = pipeline(
    "minutely",
    { on: { tick: cron("* * * * *", { catchup: "all" }) } },
    ({ task }) => {
      task("tick", (stage) => act(making, stage));
    },
  );
  const missed = pipeline(
    "missed",
    { maxActiveRuns, on: { tick: cron("* * * * *", { catchup, jitter: "5s" }) } },
    ({ task }) => {
      task("tick", (stage) => act(making, stage, { takesMs: 20_000 }));
    },
  );
  const nightly = pipeline(
    "nightly",
    {
      on: {
        gap: cron("30 2 * * *", { timezone: "America/New_York", catchup: "all" }),
        doubled: cron("30 1 * * *", { timezone: "America/New_York", catchup: "all" }),
      },
    },
    ({ task }) => {
      task("tick", (stage) => act(making, stage));
    },
  );
  return [minutely, missed, nightly];
}
