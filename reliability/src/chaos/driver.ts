import { setTimeout as sleep } from "node:timers/promises";
import { type OpenStore, openStore } from "@millrace/cli";
import type { Afterwards, JsonValue, Partition } from "@millrace/core/internal";
import type { Chance } from "./chance.ts";
import type { Intent, Ledger } from "./ledger.ts";

export interface DriverOptions {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly ledger: Ledger;
  readonly chance: Chance;
  /** Things done a second. */
  readonly rate: number;
  /** Whether there is more to do already than a slow machine should be given. */
  readonly isFull: () => boolean;
}

/** The world outside: it updates, publishes, starts and cancels at a steady rate. */
export interface Driver {
  /** Does nothing new, and resolves when all that was intended is confirmed, or after `ms`. */
  stop(ms: number): Promise<void>;
  close(): Promise<void>;
}

const AGAIN_MS = 250;
/** What cannot be confirmed meanwhile is not added to without end. */
const UNCONFIRMED_MAX = 100;
/** It dies after its commit: what the commit left to be done is left to the sweeps. */
const FORGETS = 0.3;
const CANCELS = 0.1;
const REGIONS = ["eu", "us", "asia"] as const;
const SOURCE = { type: "chaos", key: "driver" } as const;
/** What is done, as often as it is named here. */
const ACTS = ["raw", "raw", "raw", "left", "right", "lines", "lines", "parts", "asked", "labour"];

export function startDriver({ ledger, chance, rate, isFull, ...services }: DriverOptions): Driver {
  const under = new Set<Promise<void>>();
  const stopped = new AbortController();
  let count = 0;
  const opened = open(services, stopped.signal);
  const going = go();
  return {
    async stop(ms) {
      stopped.abort();
      await going;
      await Promise.race([Promise.all(under), sleep(ms, null, { ref: false })]);
    },
    async close() {
      await (await opened)?.close();
    },
  };

  async function go(): Promise<void> {
    const store = await opened;
    if (store === null) return;
    while (!stopped.signal.aborted) {
      if (under.size < UNCONFIRMED_MAX && !isFull()) {
        const acting = actOnce(store).finally(() => under.delete(acting));
        under.add(acting);
      }
      await sleep((1_000 / rate) * chance.between(0.5, 1.5));
    }
  }

  async function actOnce(open: OpenStore): Promise<void> {
    count += 1;
    const of = chance.pick(ACTS);
    const what = of === "labour" ? "run" : of === "asked" ? "event" : "update";
    const intent: Intent = { id: `${of}-${count}`, what, of };
    const act = actOf(open, intent, chance);
    ledger.intend(intent);
    const { id, afterwards } = await untilDone(act, (error) => ledger.miss(intent.id, error));
    ledger.confirm(intent.id, id);
    if (!chance.says(FORGETS)) open.followUps.follow(afterwards);
    if (what === "run" && id !== null && chance.says(CANCELS)) await cancelSoon(open, id);
  }

  async function cancelSoon({ store, followUps }: OpenStore, runId: number): Promise<void> {
    await sleep(chance.between(0, 2_000));
    followUps.follow(await untilDone(() => store.cancelRun(runId)));
  }
}

interface Done {
  /** Null when it had been done before: the answer to an earlier try was lost. */
  readonly id: number | null;
  readonly afterwards: Afterwards;
}

function actOf(
  { store }: OpenStore,
  { id, what, of }: Intent,
  chance: Chance,
): () => Promise<Done> {
  const common = { source: SOURCE, idempotencyKey: id, correlationId: null };
  if (what === "run") {
    const params: JsonValue = { ms: chance.pick([100, 1_000, 4_000, 8_000]) };
    const start = { pipeline: named("labour"), partition: {}, params, correlationId: null };
    return async () => {
      const { runId, ...afterwards } = await store.startRun({ ...start, idempotencyKey: id });
      return { id: runId, afterwards };
    };
  }
  if (what === "event") {
    const told = { ...common, name: "chaos.asked", data: { id } };
    return async () => first(await store.recordEvents([told]));
  }
  const partition: Partition = of === "parts" ? { region: chance.pick(REGIONS) } : {};
  const facts = { kind: "changed", uri: null, metadata: { id }, partition } as const;
  const told = { ...common, ...facts, dataset: named(of) };
  return async () => first(await store.recordUpdates([told]));
}

function first({ ids, ...afterwards }: Afterwards & { ids: readonly (number | null)[] }): Done {
  return { id: ids[0] ?? null, afterwards };
}

function named(name: string): string {
  return `default/${name}`;
}

/** Whatever goes wrong, it is tried again under the same key: that is what keys are for. */
async function untilDone<T>(
  act: () => Promise<T>,
  onError: (error: unknown) => void = () => {},
): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      onError(error);
      await sleep(AGAIN_MS);
    }
  }
}

async function open(
  { databaseUrl, redisUrl }: { databaseUrl: string; redisUrl: string },
  signal: AbortSignal,
): Promise<OpenStore | null> {
  while (!signal.aborted) {
    try {
      return await openStore({ database: { url: databaseUrl }, redisUrl });
    } catch {
      await sleep(AGAIN_MS);
    }
  }
  return null;
}
