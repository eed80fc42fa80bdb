import type { Instant, TimerStore } from "@millrace/core/internal";
import { type Clock, jittered } from "./clock.ts";
import type { FollowUps } from "./follow-ups.ts";
import { startLoop } from "./loop.ts";
import { type Observer, safeObserver } from "./observer.ts";

export interface SchedulerDependencies {
  readonly timers: TimerStore;
  readonly followUps: Pick<FollowUps, "follow">;
  readonly clock: Clock;
  readonly observe: Observer;
}

export interface Scheduler {
  /** A timer was set for `at`: it may be earlier than the one that is slept for. */
  wake(at: Instant): void;
  /** Resolves when nothing is being fired any more. */
  stop(): Promise<void>;
}

const BATCH = 200;
/** Timers that other processes set are noticed within this time. */
const SLEEP_MAX_MS = 1_500;
/** The earliest timer is due, but another scheduler holds it. */
const HELD_MS = 50;
/** Many timers set one after another are looked up together. */
const ROUNDS_APART_MS = 20;

/** Fires due timers. Any number of processes may: each timer is fired by one of them. */
export function startScheduler(dependencies: SchedulerDependencies): Scheduler {
  const { timers, followUps, clock } = dependencies;
  const observe = safeObserver(dependencies.observe);
  let lastRoundMs = -Infinity;
  const loop = startLoop({ name: "timers", clock, observe, round });
  return { wake: () => loop.wake(), stop: () => loop.stop() };

  async function round(): Promise<number> {
    await clock.sleep(Math.max(0, lastRoundMs + ROUNDS_APART_MS - clock.nowMs()));
    lastRoundMs = clock.nowMs();
    const { fired, ...afterwards } = await timers.fireDue(BATCH);
    followUps.follow(afterwards);
    if (fired > 0) observe({ type: "timersFired", count: fired });
    if (fired >= BATCH) return 0;
    const nextMs = (await timers.nextDueInMs()) ?? Infinity;
    const soonestMs = fired > 0 ? 0 : HELD_MS;
    // A timer is waited for exactly; only the look-around has jitter.
    return Math.min(Math.max(nextMs, soonestMs), jittered(SLEEP_MAX_MS, clock));
  }
}
