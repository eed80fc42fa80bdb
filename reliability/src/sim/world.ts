import type { Bell, BlobStore, FinishItem } from "@millrace/core/internal";
import { MemoryBlobStore } from "@millrace/worker";
import type { Violation } from "../invariants/violation.ts";
import { chanceOf } from "./chance.ts";
import { findMisbelieved } from "./judging-store.ts";
import type { Life } from "./life.ts";
import { Mishaps } from "./mishaps.ts";
import { Outages } from "./outages.ts";
import type { Plan } from "./plan.ts";
import { Server } from "./server.ts";
import { SimProcess } from "./sim-process.ts";
import { SimQueue } from "./sim-queue.ts";
import type { Stage } from "./stage.ts";
import { Tally } from "./tally.ts";
import { Timeline, WORLD } from "./timeline.ts";

/** All that there is: time, a database, a queue, processes, and what goes wrong between them. */
export class World {
  readonly seed: number;
  readonly stage: Stage;
  readonly timeline: Timeline;
  readonly server: Server;
  readonly mishaps: Mishaps;
  readonly outages: Outages;
  readonly queue: SimQueue;
  readonly processes: ReadonlyMap<string, SimProcess>;
  readonly blobs: BlobStore = new MemoryBlobStore();
  /** Those who act from outside. */
  readonly outsiders: Life[] = [];
  readonly tally: Tally = new Tally();
  readonly trace: string[] = [];
  readonly violations: Violation[] = [];
  /** Nothing goes wrong any more. */
  isHealed = false;
  /** The witness has found something. */
  isWitnessed = false;
  /** When something last went on: came due, was done, ended. */
  progressAt: number;

  /** By task run, its latest attempt that a commit has made ready. */
  readonly #announced = new Map<number, number>();
  /** Finishes that were recorded, and are to be judged. */
  readonly #finished: FinishItem[] = [];

  constructor(plan: Plan, stage: Stage) {
    this.seed = plan.seed;
    this.stage = stage;
    this.progressAt = plan.startsAt;
    const trace = (line: string): void => void this.trace.push(line);
    this.timeline = new Timeline(plan.startsAt, chanceOf(plan.seed, "turns"), trace);
    const now = (): number => this.timeline.nowMs;
    this.server = new Server(stage.pglite, now, () => this.#judgeCommit());
    this.mishaps = new Mishaps(plan.seed, plan.weather);
    this.outages = new Outages(now);
    this.queue = new SimQueue(this);
    this.processes = new Map(plan.processes.map((each) => [each.name, new SimProcess(this, each)]));
  }

  readonly count = (counter: string, by?: number): void => this.tally.count(counter, by);

  crash(life: Life, what: string): void {
    if (life.isOver) return;
    this.timeline.say(life, `dies where it ${what}`);
    this.count("crashes");
    if ([...life.sessions].some((session) => this.server.isHeldBy(session))) {
      this.count("crashes within a transaction");
    }
    this.end(life);
  }

  /** Nothing of it ever goes on. */
  end(life: Life): void {
    this.queue.forget(life);
    for (const each of [life, ...life.threads]) {
      each.isOver = true;
      this.timeline.removeAll(each);
      for (const session of each.sessions) this.server.breakOff(session);
      each.sessions.clear();
    }
    this.processes.get(life.name)?.ended(life);
  }

  heal(): void {
    this.isHealed = true;
    this.mishaps.calm();
    this.outages.end();
    for (const process of this.processes.values()) process.heal();
  }

  /** Nobody goes on any more. */
  over(): void {
    const processes = [...this.processes.values()].map(({ life }) => life);
    for (const life of [...processes, ...this.outsiders]) if (life !== null) this.end(life);
  }

  get isUp(): boolean {
    return [...this.processes.values()].every((process) => process.isUp);
  }

  /** Lets time stop at an instant: what waited for it can go on. */
  wakeAt(atMs: number, what: string): void {
    this.timeline.add({ owner: WORLD, what, atMs, go: () => {} });
  }

  /** A bell tells of what is committed, never of what may yet be undone. */
  judgeBells(bells: readonly Bell[]): void {
    const early = bells
      .flatMap(({ tasks }) => tasks)
      .filter(({ taskRunId, attempt }) => attempt > (this.#announced.get(taskRunId) ?? -1));
    for (const { taskRunId, attempt } of early) {
      const what = `task run ${taskRunId} was rung for attempt ${attempt} before that was committed`;
      this.violations.push({ invariant: "I8", what, detail: { taskRunId, attempt } });
    }
  }

  /** As soon as no transaction is under way: it would be asked in the middle of that. */
  judgeFinishes(items: readonly FinishItem[]): void {
    this.#finished.push(...items);
    if (this.server.isFree()) this.#judgeFinished();
  }

  #judgeFinished(): void {
    const items = this.#finished.splice(0);
    this.violations.push(...findMisbelieved(this.stage.pglite, items));
  }

  /** The triggers of the witness have judged the rows that the transaction touched. */
  #judgeCommit(): void {
    this.#judgeFinished();
    const { rows } = this.stage.pglite.run(this.stage.isWitnessed ? WITNESSED : READY);
    this.isWitnessed ||= rows[0]?.["bad"] === true;
    for (const [taskRunId, attempt] of (rows[0]?.["ready"] ?? []) as [number, number][]) {
      this.#announced.set(taskRunId, Math.max(attempt, this.#announced.get(taskRunId) ?? 0));
    }
  }
}

const READY = `select
  (select jsonb_agg(jsonb_build_array(task_run_id, attempt)) from millrace.ready) as ready`;

const WITNESSED = `${READY}, exists (select from witness.violation) as bad`;
