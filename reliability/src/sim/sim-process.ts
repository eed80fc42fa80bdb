import { Life } from "./life.ts";
import { type Chance, chanceOf } from "./chance.ts";
import type { ProcessPlan } from "./plan.ts";
import { type RunningProcess, startProcess } from "./start-process.ts";
import { WORLD } from "./timeline.ts";
import type { World } from "./world.ts";

const LEASE_MS = 15_000;
const AGAIN_MS_MIN = 200;
const AGAIN_MS_MAX = 6_000;

/** A process that is started again whenever it has died, as whoever runs it would see to. */
export class SimProcess {
  readonly plan: ProcessPlan;
  readonly #world: World;
  readonly #chance: Chance;
  #starts = 0;
  #life: Life | null = null;
  #running: RunningProcess | null = null;
  #startsAgainAt = -Infinity;

  constructor(world: World, plan: ProcessPlan) {
    this.#world = world;
    this.plan = plan;
    this.#chance = chanceOf(world.seed, `starts of ${plan.name}`);
  }

  /** Null while it is down. */
  get life(): Life | null {
    return this.#life;
  }

  get isUp(): boolean {
    return this.#running !== null;
  }

  start(): void {
    const { name, clockOffsetMs } = this.plan;
    const start = this.#starts;
    const life = new Life(this.#world, name, { start, clockOffsetMs, isMortal: true });
    this.#starts += 1;
    this.#life = life;
    startProcess(this.#world, life, { plan: this.plan, start }).then(
      (running) => {
        if (this.#life === life) this.#running = running;
      },
      (error: unknown) => {
        this.#world.timeline.say(life, `could not start: ${String(error)}`);
        this.#world.count("starts that failed");
        this.#world.end(life);
      },
    );
  }

  /** Called when a life of it is over, however it came to that. */
  ended(life: Life): void {
    if (this.#life !== life) return;
    this.#life = null;
    this.#running = null;
    const { timeline, isHealed } = this.#world;
    const afterMs = this.#chance.between(AGAIN_MS_MIN, isHealed ? AGAIN_MS_MIN : AGAIN_MS_MAX);
    this.#startsAgainAt = timeline.nowMs + afterMs;
    timeline.add({
      owner: WORLD,
      what: `starts ${life.name} again`,
      atMs: this.#startsAgainAt,
      go: () => this.start(),
    });
  }

  /** @param isWhole - False: its main thread only, as by a handler that does not let go. */
  freeze(ms: number, isWhole: boolean): void {
    const life = this.#life;
    if (life === null || life.isFrozen) return;
    const { timeline, count } = this.#world;
    count(isWhole ? "freezes" : "blocked event loops");
    for (const each of isWhole ? [life, ...life.threads] : [life]) this.#freeze(each);
    const atMs = timeline.nowMs + ms;
    const what = `thaws ${life.name}`;
    timeline.add({ owner: WORLD, what, atMs, go: () => this.#thaw(life, ms, isWhole) });
  }

  #freeze(life: Life): void {
    const { server, count } = this.#world;
    life.isFrozen = true;
    for (const session of life.sessions) {
      // The server does not wait for an idle transaction for ever.
      if (!server.isHeldBy(session)) continue;
      count("freezes within a transaction");
      server.breakOff(session);
    }
  }

  /** Asks it to stop; it drains, ends, and is started again. */
  restart(): void {
    const [life, running] = [this.#life, this.#running];
    if (life === null || running === null || life.isFrozen) return;
    this.#running = null;
    this.#world.count("restarts");
    void running.stop().then(() => this.#world.end(life));
  }

  heal(): void {
    const life = this.#life;
    if (life !== null) for (const each of [life, ...life.threads]) each.isFrozen = false;
  }

  #thaw(life: Life, ms: number, isWhole: boolean): void {
    if (life.isOver || !life.isFrozen) return;
    for (const each of [life, ...life.threads]) each.isFrozen = false;
    if (isWhole && ms > LEASE_MS) this.#world.count("zombies woken");
  }
}
