/**
 * A bell: it says that task runs are ready, and carries nothing that Postgres does not know.
 * It may be lost, doubled or late; nothing but latency depends on it.
 */
export interface Bell {
  /** Worker queue and pipeline version: who may hear it. */
  readonly channel: Channel;
  readonly tasks: readonly ReadyTask[];
}

export interface ReadyTask {
  readonly taskRunId: number;
  /** The attempt that is ready; a bell for an earlier one is stale. */
  readonly attempt: number;
  /** How often it has been rung before: 0 the first time. */
  readonly ring: number;
}

/** One per worker queue and pipeline version, so that no worker hears what it has no code for. */
export interface Channel {
  readonly queue: string;
  readonly version: string;
}

/** Rings bells across processes. Implementations pass `queueContract` of `@millrace/testing`. */
export interface BellQueue {
  /**
   * Rings, best effort: resolves within about 250 ms even when the service behind it is gone.
   * @returns False when some of it may not have been rung; a sweep will ring again.
   */
  ring(bells: readonly Bell[]): Promise<boolean>;
  /**
   * Hears bells of the given channels until `stop`. `answer` resolves as soon as the tasks are
   * claimed (or found to be gone), not when they are done; until then the bell stays in hand.
   * It may pause the listener before it first awaits, and then no further bell is taken: a busy
   * worker holds none that an idle one could answer.
   */
  listen(options: ListenOptions): Promise<Listener>;
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly channels: readonly Channel[];
  readonly answer: (bell: Bell) => Promise<void>;
}

export interface Listener {
  /** It hears through a service and may go deaf without knowing: then another may hear better. */
  readonly isRemote?: boolean;
  /** Takes no more bells while paused: for a worker without a free slot. */
  pause(): void;
  resume(): void;
  /** Stops hearing; bells in hand are left to the answers under way. */
  stop(): Promise<void>;
}
