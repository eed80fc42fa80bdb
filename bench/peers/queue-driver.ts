import type { Driver } from "./serve.ts";
import { rest, until } from "./waiting.ts";

/** A peer whose worker takes what was enqueued before. */
export interface QueuePeer<Worker> {
  readonly notes: readonly string[];
  startWorker(): Promise<Worker>;
  stopWorker(worker: Worker): Promise<unknown>;
  /** Enqueues so many tasks, and says how many ends that will be. */
  lay(tasks: number): Promise<number>;
  /** Each of these enqueues what has one end. */
  chain(length: number): Promise<unknown>;
  fanOut(width: number): Promise<unknown>;
  only(): Promise<unknown>;
  /** Whether all that was enqueued has ended, and that is recorded. */
  isIdle(): Promise<boolean>;
  close(): Promise<unknown>;
}

/** What handlers tell of themselves. */
export class Progress {
  #startedMs: number | null = null;
  #endsLeft = 0;
  #ended = Promise.withResolvers<void>();

  expect(ends: number): void {
    this.#startedMs = null;
    this.#endsLeft = ends;
    this.#ended = Promise.withResolvers();
  }

  /** A handler starts; the first one counts. */
  begin(): void {
    this.#startedMs ??= performance.now();
  }

  /** A run, or a task that belongs to none, is over. */
  end(): void {
    this.#endsLeft -= 1;
    if (this.#endsLeft === 0) this.#ended.resolve();
  }

  /** When the first handler started; resolves when all that was expected is over. */
  async started(): Promise<number> {
    await this.#ended.promise;
    return this.#startedMs ?? performance.now();
  }
}

/** Measures a peer with one worker, which is away only while tasks are laid up. */
export function driveQueue<Worker>(peer: QueuePeer<Worker>, progress: Progress): Driver {
  let worker: Worker | null = null;
  const up = async (): Promise<void> => void (worker ??= await peer.startWorker());
  const down = async (): Promise<void> => {
    if (worker !== null) await peer.stopWorker(worker);
    worker = null;
  };
  const turn = async (enqueue: () => Promise<unknown>) => {
    await up();
    await rest();
    progress.expect(1);
    const askedMs = performance.now();
    await enqueue();
    const startedMs = await progress.started();
    await until(() => peer.isIdle());
    return { latencyMs: startedMs - askedMs, ms: performance.now() - askedMs };
  };
  return {
    notes: peer.notes,
    async tasks(count) {
      await down();
      progress.expect(await peer.lay(count));
      await up();
      const startedMs = await progress.started();
      await until(() => peer.isIdle());
      return performance.now() - startedMs;
    },
    chain: async (length) => (await turn(() => peer.chain(length))).ms,
    fanOut: async (width) => (await turn(() => peer.fanOut(width))).ms,
    latency: async () => (await turn(() => peer.only())).latencyMs,
    async close() {
      await down();
      await peer.close();
    },
  };
}
