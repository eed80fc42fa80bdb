import { createStore } from "@millrace/postgres";
import { FollowUps } from "@millrace/worker";
import { Life } from "./life.ts";
import { observing } from "./observing.ts";
import type { Client, Step } from "./plan.ts";
import { simClock } from "./sim-clock.ts";
import { simDatabase } from "./sim-database.ts";
import type { World } from "./world.ts";

/** Those who act on the system from outside. Their connections break too, but they do not die. */
export class Actor {
  readonly #world: World;
  readonly #life: Life;
  readonly #client: Client;
  #left: number;

  constructor(world: World, steps: number) {
    this.#left = steps;
    const life = new Life(world, "client", { start: 0, clockOffsetMs: 0, isMortal: false });
    world.outsiders.push(life);
    const store = createStore(simDatabase(world, life));
    const queue = world.queue.of(life);
    const observe = observing(world, life);
    const followUps = new FollowUps({ queue, triggers: store, clock: simClock(life), observe });
    this.#world = world;
    this.#life = life;
    this.#client = {
      store,
      now: () => world.timeline.nowMs,
      sleep: (ms) => life.sleep(ms),
      follow: (afterwards) => followUps.follow(afterwards),
      count: world.count,
    };
  }

  /** Every step of the plan has been done. */
  get isDone(): boolean {
    return this.#left === 0;
  }

  async act(step: Step): Promise<void> {
    const { timeline } = this.#world;
    try {
      await step.act(this.#client);
    } catch (error) {
      timeline.say(this.#life, `"${step.label}" failed: ${String(error)}`);
      this.#world.count("steps that failed");
    } finally {
      this.#left -= 1;
      this.#world.progressAt = timeline.nowMs;
    }
  }
}
