import { from, pipeline, published } from "@millrace/core";
import type { HasDefinition } from "@millrace/core/internal";
import { z } from "zod";
import { act } from "../acting.ts";
import { crowded, dock, ping } from "../declared.ts";
import type { Making } from "../making.ts";

/** What has to wait for its turn: limits of runs, keys, pools, rates and a namespace. */
export function limited(making: Making): readonly HasDefinition[] {
  const { maxActiveRuns, whenActive, keyLimit, dockSlots } = making.knobs;
  const turns = pipeline(
    "turns",
    { maxActiveRuns, whenActive, on: { ping: published(ping, { each: true }) } },
    ({ task }) => {
      const one = task("one", { pool: dock }, ({ received, ...stage }) =>
        act(making, stage, { received: received(ping).map(({ data }) => `mark ${data.mark}`) }),
      );
      task("two", { needs: { one }, rate: "3/s" }, (stage) => act(making, stage));
    },
  );
  const keyed = pipeline(
    "keyed",
    {
      namespace: crowded,
      params: z.object({ who: z.string() }),
      concurrency: { key: "params.who", limit: keyLimit },
      on: { ping: published(ping, { each: true, params: { who: from("data.who") } }) },
    },
    ({ task }) => {
      const load = task("load", { pool: { pool: dock, slots: dockSlots } }, (stage) =>
        act(making, stage, { careless: true }),
      );
      task(
        "serve",
        { needs: { load }, concurrency: { key: "params.who", limit: 1 }, priority: 5 },
        (stage) => act(making, stage),
      );
    },
  );
  return [turns, keyed];
}
