import type { IntakeUpdate, JsonValue } from "@millrace/core/internal";
import type { Client, Step } from "../../sim/plan.ts";
import { ask } from "./asking.ts";
import { someTime, type StepKit } from "./step-kit.ts";

const SOURCE = { type: "api", key: "story" } as const;

/** Updates by hand: alone and together, with a key and without, some of them told twice. */
export function tellUpdates(kit: StepKit, datasets: readonly [string, ...string[]]): Step {
  const { draw, ledger } = kit;
  const count = draw.happens(0.2) ? draw.int(2, 4) : 1;
  const isKeyed = draw.happens(0.5);
  const updates = Array.from({ length: count }, () => {
    const mark = ledger.nextMark();
    return { mark, update: updateOf(kit, draw.pick(datasets), mark, isKeyed) };
  });
  const isTwice = isKeyed && draw.happens(0.6);
  const apartMs = draw.int(0, 3_000);
  const label = `update ${updates.map(({ mark, update }) => `${update.dataset}#${mark}`).join(" ")}`;
  return someTime(
    kit,
    `${label}${isKeyed ? " keyed" : ""}${isTwice ? " twice" : ""}`,
    async (client) => {
      const once = (): Promise<unknown> => recordUpdates(kit, client, updates);
      if (!isTwice) return once();
      return Promise.all([once(), client.sleep(apartMs).then(once)]);
    },
  );
}

interface MarkedUpdate {
  readonly mark: number;
  readonly update: IntakeUpdate;
}

function recordUpdates(
  { ledger }: StepKit,
  client: Client,
  updates: readonly MarkedUpdate[],
): Promise<unknown> {
  const [first] = updates;
  const detail: JsonValue = updates.map(({ mark, update }) => ({
    mark,
    dataset: update.dataset,
    isKeyed: update.idempotencyKey !== null,
  }));
  return ask(ledger, client, {
    kind: "update",
    mark: first?.mark ?? 0,
    detail,
    by: () => client.store.recordUpdates(updates.map(({ update }) => update)),
    note: ({ ids }) => [...ids],
  });
}

function updateOf(
  { draw }: StepKit,
  dataset: string,
  mark: number,
  isKeyed: boolean,
): IntakeUpdate {
  const rows = dataset === "default/checked" && draw.happens(0.4) ? -1 : 1;
  const date = `2026-0${draw.int(1, 2)}-0${draw.int(1, 3)}`;
  return {
    dataset,
    partition: dataset === "default/days" ? { date } : {},
    kind: "changed",
    uri: null,
    metadata: { mark, exec: 0, rows },
    source: SOURCE,
    idempotencyKey: isKeyed ? `story-${mark}` : null,
    correlationId: null,
  };
}

/** Events, of which some are told twice under one key. */
export function tellEvent(kit: StepKit, names: readonly [string, ...string[]]): Step {
  const { draw, ledger } = kit;
  const mark = ledger.nextMark();
  const name = draw.pick(names);
  const who = draw.pick(["ann", "bob", "cem"]);
  const idempotencyKey = draw.happens(0.4) ? `event-${mark}` : null;
  const isTwice = idempotencyKey !== null && draw.happens(0.5);
  return someTime(
    kit,
    `event ${name}#${mark} of ${who}${isTwice ? " twice" : ""}`,
    async (client) => {
      const data = { mark, who };
      const event = { name, data, source: SOURCE, idempotencyKey, correlationId: null };
      for (let time = 0; time < (isTwice ? 2 : 1); time++) {
        await ask(ledger, client, {
          kind: "event",
          mark,
          detail: { name, isKeyed: idempotencyKey !== null },
          by: () => client.store.recordEvents([event]),
          note: ({ ids }) => [...ids],
        });
      }
    },
  );
}
