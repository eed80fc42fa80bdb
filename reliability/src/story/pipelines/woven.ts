import { pipeline, published } from "@millrace/core";
import type { HasDefinition } from "@millrace/core/internal";
import { act } from "../acting.ts";
import { alarm, ping } from "../declared.ts";
import { fateOf } from "../chance.ts";
import type { Making } from "../making.ts";

/** A DAG of all kinds: maps, branches, rules, groups that fail fast. */
export function woven(making: Making): readonly HasDefinition[] {
  const { seed, knobs } = making;
  const { items, failShare, failFast, rule, retries } = knobs;
  const weave = pipeline(
    "weave",
    { on: { ping: published(ping) }, maxParallelTasks: 3 },
    ({ task, map, branch, group }) => {
      const list = task("list", async (stage) => {
        await act(making, stage);
        return Array.from({ length: items }, (_, index) => index);
      });
      const each = map(
        "each",
        {
          over: list,
          maxParallel: 2,
          retries: { limit: retries, delay: "200ms", jitter: true },
          failFast,
        },
        ({ item, ...stage }) => act(making, stage, { failShare: item % 3 === 0 ? failShare : 0 }),
      );
      const way = branch("way", { needs: { list } }, async (stage) => {
        await act(making, stage);
        return fateOf(seed, "way", stage.attempt.key) < 0.5 ? "left" : "right";
      });
      const pair = group("pair", { failFast: true, timeout: "40s", maxParallel: 1 });
      task("left", { when: way.is("left"), group: pair }, (stage) =>
        act(making, stage, { failShare: 0.4 }),
      );
      task("also-left", { when: way.is("left"), group: pair }, (stage) => act(making, stage));
      const right = task(
        "right",
        { when: way.is("right"), produces: { alarm } },
        async ({ produces, ...stage }) => {
          const { exec } = await act(making, stage);
          await produces.alarm.publish({ exec });
          return { exec };
        },
      );
      task("last", { needs: { each, right }, runIf: rule }, (stage) => act(making, stage));
    },
  );
  const alarmed = pipeline(
    "alarmed",
    { on: { alarm: published(alarm, { each: true }) } },
    ({ task }) => {
      task("hear", ({ received, ...stage }) =>
        act(making, stage, { received: received(alarm).map(({ data }) => `exec ${data.exec}`) }),
      );
    },
  );
  return [weave, alarmed];
}
