import type { DeliveryResult, OutDelivery, OutboxStore } from "@millrace/core/internal";
import { backoffMs, type Pace } from "../../source/pause.ts";
import { afterAnswer, WEBHOOK_POLICY } from "./decide-delivery.ts";
import type { DeliveryPolicy } from "./delivery.ts";
import type { OutAnswer, OutSend } from "./out-http.ts";
import type { OutTarget } from "./out-target.ts";
import { toOutRequest } from "./to-request.ts";

export interface OutboxDeps {
  readonly store: OutboxStore;
  readonly send: OutSend;
  readonly pace: Pace;
  /** By the name of the subscriber: what this process sends to. */
  readonly targets: ReadonlyMap<string, OutTarget>;
  readonly policy?: DeliveryPolicy;
  /**
   * Told of what went wrong in sending at all, of the first failure of each message, and of each that
   * was given up. Why a message waits is kept with it as well.
   */
  readonly onProblem: (problem: OutProblem) => void;
}

export interface OutProblem {
  readonly doing: "take" | "record" | "deliver";
  readonly error: unknown;
}

/** Requests at once, each to another subscriber. */
const AT_ONCE_MAX = 32;
/** Beyond its timeout, for the store. */
const LEASE_MARGIN_MS = 30_000;
/** What is put in is found so soon at the latest; nothing rings for it. */
const LOOK_MS = 1_000;
/** What is due and was not to be had is in the hands of another process. */
const LOOK_MS_MIN = 50;

/**
 * Sends what is in the outbox, until `signal` aborts and what is under way has been recorded. One
 * request at a time to each subscriber, to all of them side by side: one that is slow makes only
 * its own messages wait. At least once: when a process ends between an answer and its record, the
 * message is sent again, with the same `webhook-id`.
 */
export async function sendOutbox(deps: OutboxDeps, signal: AbortSignal): Promise<void> {
  const underWay = new Map<string, Promise<void>>();
  let failures = 0;
  while (!signal.aborted) {
    const free = [...deps.targets.keys()].filter((name) => !underWay.has(name));
    try {
      const taken = await take(deps, free, AT_ONCE_MAX - underWay.size);
      for (const delivery of taken) {
        const sent = deliver(deps, delivery).finally(() => underWay.delete(delivery.subscriber));
        underWay.set(delivery.subscriber, sent);
      }
      failures = 0;
      const isFull = underWay.size >= AT_ONCE_MAX;
      if (taken.length === 0 || isFull) {
        await oneDone(deps, underWay, isFull ? LOOK_MS : await waitMs(deps, free), signal);
      }
    } catch (error) {
      failures += 1;
      deps.onProblem({ doing: "take", error });
      await deps.pace.pause(backoffMs(failures, deps.pace.random()), signal);
    }
  }
  await Promise.all(underWay.values());
}

function take(
  { store, targets }: OutboxDeps,
  free: readonly string[],
  limit: number,
): Promise<readonly OutDelivery[]> {
  if (free.length === 0 || limit <= 0) return Promise.resolve([]);
  const timeouts = free.map((name) => targets.get(name)?.timeoutMs ?? 0);
  return store.takeDue(free, limit, Math.max(...timeouts) + LEASE_MARGIN_MS);
}

async function waitMs({ store }: OutboxDeps, free: readonly string[]): Promise<number> {
  const due = free.length === 0 ? null : await store.nextDueInMs(free);
  return Math.max(LOOK_MS_MIN, Math.min(LOOK_MS, due ?? LOOK_MS));
}

/** Whatever comes first: a subscriber is free again, or it is time to look. */
async function oneDone(
  { pace }: OutboxDeps,
  underWay: ReadonlyMap<string, Promise<void>>,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  const paused = pace.pause(ms, AbortSignal.any([signal, done.signal]));
  await Promise.race([paused, ...underWay.values()]);
  done.abort();
}

/** Never rejects: what cannot be recorded is taken again when its lease has run out. */
async function deliver(deps: OutboxDeps, delivery: OutDelivery): Promise<void> {
  const began = deps.pace.now();
  const answer = await ask(deps, delivery);
  const chance = {
    // By the clock of the database, which says when it is due again.
    now: delivery.takenAt + (deps.pace.now() - began),
    u: deps.pace.random(),
    policy: deps.policy ?? WEBHOOK_POLICY,
  };
  try {
    const result = afterAnswer(delivery, answer, chance);
    const isOurs = await deps.store.record(delivery, result);
    const words = isOurs ? setbackWords(delivery, result) : null;
    if (words !== null) deps.onProblem({ doing: "deliver", error: words });
  } catch (error) {
    deps.onProblem({ doing: "record", error });
  }
}

/** What people want to read of it as it happens; null: nothing. */
function setbackWords(
  { subscriber, failures }: OutDelivery,
  result: DeliveryResult,
): string | null {
  switch (result.type) {
    case "delivered":
      return null;
    case "retry":
      if (failures > 0) return null;
      return `${subscriber}: ${result.reason}. It is tried again, and what comes after it waits.`;
    case "dead":
      return `${subscriber}: a message is given up: ${result.reason}. See: millrace outs ${subscriber}`;
    case "gone":
      return `${subscriber} wants nothing more: ${result.reason}. To send on: millrace redrive ${subscriber}`;
  }
}

async function ask(deps: OutboxDeps, delivery: OutDelivery): Promise<OutAnswer> {
  const target = deps.targets.get(delivery.subscriber);
  if (target === undefined) return { type: "unreachable", reason: "nobody knows where it is" };
  try {
    return await deps.send(toOutRequest(delivery, target, deps.pace.now()));
  } catch (error) {
    const reason = error instanceof Error ? error.message : "the request could not be made";
    return { type: "unreachable", reason };
  }
}
