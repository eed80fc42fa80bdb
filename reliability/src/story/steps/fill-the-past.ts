import type { Step } from "../../sim/plan.ts";
import { ask } from "./asking.ts";
import { someTime, type StepKit } from "./step-kit.ts";

/** A backfill of some days: planned, submitted, perhaps paused, perhaps cancelled. */
export function fillThePast(kit: StepKit): Step {
  const { draw, ledger } = kit;
  const mark = ledger.nextMark();
  const updates = draw.pick(["emit", "suppress", "cascade"]);
  const existing = draw.pick(["skip", "rerun", "failed-only"]);
  const ending = draw.pick(["none", "none", "pause", "cancel"]);
  const days = draw.int(2, 4);
  const apartMs = draw.int(500, 3_000);
  return someTime(kit, `backfill ${days} days, ${updates}, then ${ending}`, async (client) => {
    const { store } = client;
    const selection = {
      type: "range",
      from: "2026-01-01",
      to: `2026-01-0${days}`,
      keys: {},
    } as const;
    const request = {
      pipeline: "default/daily",
      selection,
      existing,
      updates,
      params: {},
      activeMax: 2,
    };
    const planned = await ask<{ readonly backfillId: number }>(ledger, client, {
      kind: "backfill",
      mark,
      detail: { act: "plan" },
      by: () => store.planBackfill(request),
      note: ({ backfillId }) => backfillId,
    });
    if (planned === null) return;
    const id = planned.backfillId;
    ledger.backfills.add(id);
    const act = (name: string, by: () => Promise<object>): Promise<unknown> =>
      ask<unknown>(ledger, client, {
        kind: "backfill",
        mark,
        detail: { act: name, id },
        by: by as never,
      });
    await act("submit", () => store.submitBackfill(id));
    if (ending === "none") return;
    await client.sleep(apartMs);
    if (ending === "cancel") return act("cancel", () => store.cancelBackfill(id));
    await act("pause", () => store.pauseBackfill(id));
    await client.sleep(3_000);
    return act("resume", () => store.resumeBackfill(id));
  });
}
