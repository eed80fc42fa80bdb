import { pipeline, published } from "@millrace/core";
import type { HasDefinition } from "@millrace/core/internal";
import { act, begin } from "../acting.ts";
import { ping } from "../declared.ts";
import { fateOf } from "../chance.ts";
import type { Making } from "../making.ts";

const NEVER = new Promise<never>(() => {
  /* a handler that never settles */
});

/** Handlers that behave badly: too long, for ever, or deadly to their process. */
export function rough(making: Making): readonly HasDefinition[] {
  const { seed, outside } = making;
  const bad = pipeline("rough", { on: { ping: published(ping) } }, ({ task }) => {
    task("slow", { timeout: "3s", retries: { limit: 1, delay: "100ms" } }, (stage) =>
      act(making, stage, {
        takesMs: fateOf(seed, "slow", stage.attempt.key, stage.attempt.number) < 0.5 ? 6_000 : 500,
        careless: true,
      }),
    );
    task("hangs", { timeout: "4s" }, (stage) => {
      const execution = begin(making, stage);
      if (fateOf(seed, "hangs", stage.attempt.key) < 0.5) return NEVER;
      execution.end = "returned";
      return { exec: execution.exec };
    });
    task("throws", { retries: { limit: 2, delay: "100ms", backoff: "linear" } }, (stage) =>
      act(making, stage, { failShare: 0.6 }),
    );
  });
  const deadly = pipeline(
    "deadly",
    { on: { ping: published(ping, { batch: { max: 4, maxWait: "15s" } }) } },
    ({ task }) => {
      task("kill", async (stage) => {
        const execution = begin(making, stage);
        await outside.sleep(50);
        execution.end = "died";
        return outside.die();
      });
    },
  );
  return [bad, deadly];
}
