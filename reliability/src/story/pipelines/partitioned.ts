import { pipeline, rollup, updated } from "@millrace/core";
import type { HasDefinition } from "@millrace/core/internal";
import { act } from "../acting.ts";
import { date, daysOf, lake, mail, month, sums } from "../declared.ts";
import type { Making } from "../making.ts";

/** Runs that are for a partition, and what rolls them up; and what objects start. */
export function partitioned(making: Making): readonly HasDefinition[] {
  const { retries, failShare } = making.knobs;
  const daysly = pipeline(
    "daily",
    { partitions: { date }, on: { days: updated(daysOf) } },
    ({ task }) => {
      task(
        "sum",
        { retries: { limit: retries, delay: "200ms" }, produces: { sums } },
        async ({ produces, ...stage }) => {
          const { exec } = await act(making, stage, { failShare });
          await produces.sums.update({ metadata: { exec } });
          return { exec };
        },
      );
    },
  );
  const monthly = pipeline(
    "monthly",
    { partitions: { month }, on: { sums: updated(sums.as({ month: rollup("date", month) })) } },
    ({ task }) => {
      task("total", (stage) => act(making, stage));
    },
  );
  return [daysly, monthly];
}

/** What objects start. */
export function objects(making: Making): readonly HasDefinition[] {
  const files = pipeline(
    "files",
    { on: { lake: updated(lake.as({}), { each: true, changedOnly: true }) } },
    ({ task }) => {
      task("read", (stage) => act(making, stage));
    },
  );
  const letters = pipeline("letters", { on: { mail: updated(mail.as({})) } }, ({ task }) => {
    task("open", (stage) => act(making, stage));
  });
  return [files, letters];
}
