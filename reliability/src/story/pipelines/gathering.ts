import { all, any, atLeast, pipeline, updated } from "@millrace/core";
import type { HasDefinition } from "@millrace/core/internal";
import { act, carried } from "../acting.ts";
import { checked, clean, raw, report } from "../declared.ts";
import type { Knobs, Making } from "../making.ts";

/** What meets: conditions of several legs, with windows and deadlines, and batches. */
export function gathering(making: Making): readonly HasDefinition[] {
  const { knobs } = making;
  const deadline =
    knobs.deadline === "run-partial"
      ? ({ after: "12s", then: "run-partial", late: knobs.late } as const)
      : ({ after: "12s", then: knobs.deadline } as const);
  const second = knobs.anyLeg ? any(checked, report) : checked;
  const window = knobs.within ? { within: "25s" } : {};
  const join = pipeline(
    "join",
    { on: { both: updated(all(raw, second), { deadline, ...window }) } },
    ({ task }) => {
      task("join", (stage) => act(making, stage));
    },
  );
  const some = pipeline(
    "some",
    { on: { two: updated(atLeast(2, raw, checked, clean), { whilePaused: knobs.whilePaused }) } },
    ({ task }) => {
      task("mix", (stage) => act(making, stage));
    },
  );
  const batch = pipeline(
    "batch",
    { on: { many: updated(raw, { batch: batchOf(knobs) }) } },
    ({ task }) => {
      task("pack", { produces: { report } }, async ({ received, produces, ...stage }) => {
        const marks = received(raw).map(carried);
        const { exec } = await act(making, stage, { received: marks });
        await produces.report.update({ metadata: { exec } });
        return { exec };
      });
    },
  );
  return [join, some, batch];
}

function batchOf({ batch }: Knobs): { max?: number; quiet?: string; maxWait?: string } {
  switch (batch) {
    case "size":
      return { max: 3, maxWait: "20s" };
    case "quiet":
      return { quiet: "2s" };
    case "wait":
      return { maxWait: "5s" };
    case "all":
      return { max: 4, quiet: "3s", maxWait: "9s" };
  }
}
