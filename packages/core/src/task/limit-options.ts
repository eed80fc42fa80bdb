/** So many at once of what has the same value of `key`. */
export interface ConcurrencyOptions {
  /**
   * Where the value is found: `params.customer`, `partition.date`, and in a map `item.id`. Without
   * it all task runs count together.
   */
  readonly key?: string;
  /** How many at once, 1 to 1,000,000. */
  readonly limit: number;
  /**
   * Tasks that give it the same name share the limit, also those of other pipelines; its own
   * unless given.
   */
  readonly name?: string;
}

/** So many starts in any stretch of time. */
export interface RateOptions {
  /** Like `100/min`: per `s`, `min`, `h` or `day`. */
  readonly limit: string;
  /** Counts each value apart; see {@link ConcurrencyOptions}. */
  readonly key?: string;
  /** Tasks that give it the same name share the limit; its own unless given. */
  readonly name?: string;
}

/** What a task takes of its worker. */
export interface ResourceOptions {
  /** CPUs, from 0.01 on; none unless given. */
  readonly cpu?: number;
  /** Like `512MiB` or `4GiB`; none unless given. */
  readonly memory?: string;
}

/** A process of its own: it is ended when the task times out or is cancelled, and with it all. */
export interface IsolateOptions {
  /** The most memory that it may use, like `512MiB`; no limit unless given. */
  readonly memory?: string;
}
