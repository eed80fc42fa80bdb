import type { Afterwards, Instant } from "@millrace/core/internal";
import { createStore } from "@millrace/postgres";
import {
  FollowUps,
  readSettings,
  type Scheduler,
  startScheduler,
  startSweeper,
  startWorker,
  WORKER_DEFAULTS,
} from "@millrace/worker";
import { type Life, never } from "./life.ts";
import { judgingStore } from "./judging-store.ts";
import { observing } from "./observing.ts";
import type { Outside, ProcessPlan } from "./plan.ts";
import { simClock } from "./sim-clock.ts";
import { simDatabase } from "./sim-database.ts";
import { simLease } from "./sim-lease.ts";
import type { World } from "./world.ts";

/** A process that is up. */
export interface RunningProcess {
  /** As a signal to end asks for: takes nothing new, waits for what runs, hands back the rest. */
  stop(): Promise<void>;
}

const GRACE_MS = 5_000;

/** Starts the shipped parts of a process, put together as the command line does. */
export async function startProcess(
  world: World,
  life: Life,
  { plan, start }: { readonly plan: ProcessPlan; readonly start: number },
): Promise<RunningProcess> {
  const database = simDatabase(world, life);
  const store = judgingStore(world, createStore(database));
  const clock = simClock(life);
  const queue = world.queue.of(life);
  const observe = observing(world, life);
  let scheduler: Scheduler | null = null;
  const wakeTimers = (at: Instant): void => scheduler?.wake(at);
  const followUps = new FollowUps({ queue, triggers: store, clock, observe, wakeTimers });
  const shared = { followUps, clock, observe };
  const outside = outsideOf(world, life);
  const definitions = plan.definitions(start, outside);
  const none = { environment: {}, readFile: async () => "" };
  const settings = await readSettings(definitions, none);
  const parts = {
    sessions: store,
    tasks: store,
    queue,
    lease: simLease(life, (thread) => simDatabase(world, thread)),
  };
  const { name, slots } = plan;
  const worker =
    slots === 0
      ? null
      : await startWorker(
          { ...shared, ...parts, blobs: world.blobs },
          { ...WORKER_DEFAULTS, definitions, settings, host: name, pid: start, slots },
        );
  if (plan.scheduler) scheduler = startScheduler({ ...shared, timers: store });
  const sweeper = plan.sweeper
    ? startSweeper({ ...shared, sweeps: store, tasks: store, triggers: store })
    : null;
  const follow = (afterwards: Afterwards): void => followUps.follow(afterwards);
  const source = plan.source?.({ store, follow, outside });
  world.timeline.say(life, "is up");
  return {
    async stop() {
      await Promise.all([source?.stop(), worker?.drain({ graceMs: GRACE_MS })]);
      await Promise.all([scheduler?.stop(), sweeper?.stop()]);
      await followUps.idle();
    },
  };
}

export function outsideOf(world: World, life: Life): Outside {
  return {
    process: life.name,
    now: () => world.timeline.nowMs,
    sleep: (ms) => life.sleep(ms),
    random: () => life.chance.next(),
    die: () => {
      world.crash(life, "runs a handler that kills it");
      return never();
    },
    count: world.count,
  };
}
