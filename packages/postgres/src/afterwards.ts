import type {
  Afterwards,
  Bell,
  Channel,
  Fact,
  Instant,
  ReadyTask,
  RunState,
} from "@millrace/core/internal";
import type { ClaimedRow } from "./claimed-tasks.ts";

/** A row that became ready, as the statement that made it so returns it. */
export interface ReadyRow {
  readonly task_run_id: number;
  readonly attempt: number;
  readonly queue: string;
  readonly version: string;
  readonly ring: number;
  /** It waits for its limits, and may not be claimed yet. */
  readonly limited?: boolean;
}

/** A limit of tasks as it is to be: as the code declares it, or as a person has set it. */
export interface LimitSetting {
  readonly kind: string;
  readonly name: string;
  readonly set: { readonly declared: number | null } | { readonly byHand: number | null };
}

/** Gathers what a transaction leaves to be done after its commit. */
export class AfterwardsLog {
  #ready: ReadyRow[] = [];
  readonly #begun: ClaimedRow[] = [];
  readonly #entering: number[] = [];
  readonly #freedLimits: Set<number> = new Set();
  readonly #settings: LimitSetting[] = [];
  readonly #facts: Fact[] = [];
  readonly #ended: { runId: number; state: RunState }[] = [];
  #timerAt: Instant | null = null;
  #asks = false;

  /** What may be claimed is rung for; what waits for its limits is looked at before the commit. */
  ready(rows: readonly ReadyRow[]): void {
    for (const row of rows) {
      if (row.limited === true) this.#entering.push(row.task_run_id);
      else this.#ready.push(row);
    }
  }

  /** Where something may be claimed that could not be before. */
  get readyChannels(): readonly Channel[] {
    const channels = this.#ready.map(({ queue, version }) => ({ queue, version }));
    return [...new Map(channels.map((each) => [`${each.queue} ${each.version}`, each])).values()];
  }

  /** What the transaction has begun for the one who goes on. */
  get begun(): readonly ClaimedRow[] {
    return this.#begun;
  }

  began(rows: readonly ClaimedRow[]): void {
    this.#begun.push(...rows);
  }

  /** What is claimed already needs no bell. */
  claimed(taskRunIds: ReadonlySet<number>): void {
    this.#ready = this.#ready.filter((row) => !taskRunIds.has(row.task_run_id));
  }

  /** Limits of tasks that have room again, or that wait for a look. */
  freedLimits(ids: readonly number[]): void {
    for (const id of ids) this.#freedLimits.add(id);
  }

  /** Limits of tasks are set at the end of the transaction, under the locks of all of them. */
  setLimits(settings: readonly LimitSetting[]): void {
    this.#settings.push(...settings);
  }

  /** What the end of the transaction has to look at: task runs at limits, and limits. */
  get limits(): {
    readonly entering: readonly number[];
    readonly freed: readonly number[];
    readonly settings: readonly LimitSetting[];
  } {
    return { entering: this.#entering, freed: [...this.#freedLimits], settings: this.#settings };
  }

  fact(kind: Fact["kind"], id: number): void {
    this.#facts.push({ kind, id });
  }

  ended(runId: number, state: RunState): void {
    this.#ended.push({ runId, state });
  }

  timer(at: Date): void {
    this.#timerAt = Math.min(this.#timerAt ?? Number.MAX_SAFE_INTEGER, at.getTime());
  }

  /** A check is due. */
  asks(): void {
    this.#asks = true;
  }

  done(): Afterwards {
    return {
      bells: toBells(this.#ready),
      facts: this.#facts,
      timerAt: this.#timerAt,
      ended: this.#ended,
      asks: this.#asks,
    };
  }
}

/** What several commits left to be done. */
export function together(all: readonly Afterwards[]): Afterwards {
  const timers = all.flatMap(({ timerAt }) => timerAt ?? []);
  return {
    bells: all.flatMap(({ bells }) => bells),
    facts: all.flatMap(({ facts }) => facts),
    timerAt: timers.length === 0 ? null : Math.min(...timers),
    ended: all.flatMap(({ ended }) => ended),
    asks: all.some(({ asks }) => asks === true),
  };
}

/** Above this backlog, a bell carries many tasks: throughput instead of latency. */
const SINGLES_MAX = 8;
const TASKS_PER_BELL_MAX = 50;

/** One bell a task when there are few, for latency; many a bell when there are many. */
export function toBells(rows: readonly ReadyRow[]): Bell[] {
  const channels = new Map<string, ReadyRow[]>();
  for (const row of rows) {
    const key = `${row.queue} ${row.version}`;
    const sameChannel = channels.get(key) ?? [];
    sameChannel.push(row);
    channels.set(key, sameChannel);
  }
  return [...channels.values()].flatMap((sameChannel) => {
    const size = sameChannel.length <= SINGLES_MAX ? 1 : TASKS_PER_BELL_MAX;
    return chunk(sameChannel, size).map(toBell);
  });
}

function toBell(rows: readonly ReadyRow[]): Bell {
  const [{ queue, version }] = rows as [ReadyRow];
  const tasks = rows.map(({ task_run_id, attempt, ring }): ReadyTask => ({
    taskRunId: task_run_id,
    attempt,
    ring,
  }));
  return { channel: { queue, version }, tasks };
}

function chunk<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let from = 0; from < items.length; from += size) chunks.push(items.slice(from, from + size));
  return chunks;
}
