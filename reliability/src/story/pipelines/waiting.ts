import { from, pipeline, published } from "@millrace/core";
import type { HasDefinition } from "@millrace/core/internal";
import { z } from "zod";
import { act, begin, stepOf } from "../acting.ts";
import { ping, reply } from "../declared.ts";
import type { Making } from "../making.ts";

/** Handlers that wait: for time, events, people, and runs that they call. */
export function waiting(making: Making): readonly HasDefinition[] {
  const { failShare, retries, approvalTimeout } = making.knobs;
  const who = z.object({ who: z.string() });
  const called = pipeline("called", { params: who }, ({ task }) =>
    task("answer", { retries: { limit: retries, delay: "100ms" } }, (stage) =>
      act(making, stage, { failShare }),
    ),
  );
  const aside = pipeline("aside", { params: who }, ({ task }) => {
    task("note", (stage) => act(making, stage));
  });
  const patient = pipeline(
    "patient",
    {
      params: who,
      on: { ping: published(ping, { each: true, params: { who: from("data.who") } }) },
    },
    ({ task, approval, call }) => {
      const talk = task(
        "talk",
        {
          calls: [called, { pipeline: aside, wait: false }],
          retries: { limit: 2, delay: "500ms" },
        },
        async ({ step, sleep, waitForEvent, call: start, params, ...stage }) => {
          const execution = begin(making, stage);
          const first = await step("first", stepOf(making, stage, "first", execution.exec));
          await sleep("1500ms");
          const heard = await waitForEvent(reply, { where: { who: params.who }, timeout: "10s" });
          await start(aside, params, { wait: false });
          const second = await step("second", stepOf(making, stage, "second", execution.exec));
          const answer = await start(called, params, { timeout: "60s" }).catch(() => null);
          execution.end = "returned";
          return { exec: execution.exec, first, second, heard: heard !== null, answer };
        },
      );
      const ok = approval("ok", {
        needs: { talk },
        asks: "Go on?",
        timeout: "20s",
        onTimeout: approvalTimeout,
      });
      const more = call("more", {
        pipeline: called,
        needs: { ok },
        params: ({ params }) => params,
        timeout: "60s",
      });
      task("done", { needs: { more }, runIf: "all_done" }, (stage) => act(making, stage));
    },
  );
  return [called, aside, patient];
}
