import type { Client, Step } from "../../sim/plan.ts";
import { ask, insist } from "./asking.ts";
import { at, someTime, type StepKit } from "./step-kit.ts";

/** A pipeline or a trigger is paused for a while. */
export function pauseAWhile(kit: StepKit, pipeline: string, trigger: string | null): Step {
  const { draw, ledger } = kit;
  const mark = ledger.nextMark();
  const forMs = draw.int(3_000, 20_000);
  const what = { pipeline, trigger };
  const name = trigger === null ? pipeline : `${pipeline}.${trigger}`;
  return someTime(kit, `pause ${name} for ${forMs} ms`, async (client) => {
    ledger.pausedPipelines.add(pipeline);
    await ask<unknown>(ledger, client, {
      kind: "pause",
      mark,
      detail: what,
      by: () => client.store.pause(what, "story"),
    });
    await client.sleep(forMs);
    await ask<unknown>(ledger, client, {
      kind: "resume",
      mark,
      detail: what,
      by: () => client.store.resume(what),
    });
  });
}

/** In the end everything that was paused goes on, and limits are what the code says. */
export function letGo(
  kit: StepKit,
  paused: readonly { pipeline: string; trigger: string | null }[],
): Step {
  const { ledger } = kit;
  return at(kit, kit.stormMs + 500, "let go of everything", async (client) => {
    for (const what of paused) {
      await untilTold(kit, client, { resume: `${what.pipeline}.${what.trigger}` }, () =>
        client.store.resume(what),
      );
    }
    for (const runId of ledger.pausedRuns) {
      await untilTold(kit, client, { resumeRun: runId }, () =>
        client.store.resumeRun(runId, { by: "story", why: null }),
      );
    }
    for (const id of ledger.backfills) {
      await untilTold(kit, client, { resumeBackfill: id }, () => client.store.resumeBackfill(id));
    }
    for (const change of ledger.limitsSet) {
      await untilTold(kit, client, { reset: change }, () =>
        client.store.setLimit(
          change === "all"
            ? { kind: "all", name: "", tasks: null, runs: null }
            : { kind: "pool", name: change, tasks: null },
          { by: "story", why: null },
        ),
      );
    }
  });
}

function untilTold(
  { ledger }: StepKit,
  client: Client,
  detail: Readonly<Record<string, string | number>>,
  by: () => Promise<object>,
): Promise<boolean> {
  const mark = ledger.nextMark();
  return insist(client, async () => {
    await ask<unknown>(ledger, client, { kind: "resume", mark, detail, by: by as never });
    const answer = ledger.calls.findLast((call) => call.mark === mark)?.answer;
    return (
      answer !== null &&
      answer !== undefined &&
      !("threw" in answer && answer.threw === "STORE_UNAVAILABLE")
    );
  });
}

/** Somebody sets a limit by hand. */
export function setALimit(kit: StepKit): Step {
  const { draw, ledger } = kit;
  const mark = ledger.nextMark();
  const name = draw.pick(["dock", "all"]);
  const slots = draw.int(1, 4);
  return someTime(kit, `set the limit ${name} to ${slots}`, async (client) => {
    ledger.limitsSet.add(name);
    const change =
      name === "all"
        ? ({ kind: "all", name: "", tasks: slots + 2, runs: slots + 2 } as const)
        : ({ kind: "pool", name, tasks: slots } as const);
    await ask<unknown>(ledger, client, {
      kind: "limit",
      mark,
      detail: { name, slots },
      by: () => client.store.setLimit(change, { by: "story", why: null }),
    });
  });
}

/** Whoever looks after quarantine releases what is in it, twice over. */
export function releaseHeld(kit: StepKit): Step {
  const { ledger } = kit;
  const mark = ledger.nextMark();
  return someTime(kit, "release what is held", async (client) => {
    const held = ledger
      .told("update")
      .flatMap(({ calls }) =>
        calls.flatMap(({ answer }) =>
          answer !== null && "returned" in answer && Array.isArray(answer.returned)
            ? answer.returned
            : [],
        ),
      );
    for (const id of held.slice(-8)) {
      if (typeof id !== "number") continue;
      const release = (): Promise<unknown> =>
        ask<unknown>(ledger, client, {
          kind: "release",
          mark,
          detail: { id },
          by: () => client.store.releaseUpdate(id, "story"),
        });
      await Promise.all([release(), release()]);
    }
  });
}
