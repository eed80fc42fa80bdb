import type { Context, Env } from "./context.ts";
import type { StartOptions } from "./task-options.ts";

/**
 * What a sensor asks of an outside system, as plain JSON. Builders make it; `V` is what it gives
 * when it comes true.
 */
export interface ExternalCheck<V = unknown> {
  readonly kind: string;
  /** Which system: all checks of one kind at one target are asked together. No secrets in it. */
  readonly target: string;
  /** Under which name the task of the pipeline remembers its last answer; absent: not at all. */
  readonly memory?: string;
  /** Of the compiler only. */
  readonly "~value"?: V;
}

/** What becomes of a sensor when its time is up: it fails, is skipped, or gives this value. */
export type OnSensorTimeout = "fail" | "skip" | { readonly value: unknown };

export interface SensorOptions<
  V,
  E extends Env,
  N,
  R,
  T extends OnSensorTimeout,
> extends StartOptions<N, R> {
  /** What it asks, or how that is made of what the run knows. */
  readonly check: ExternalCheck<V> | ((context: Context<E, N, {}, {}, R>) => ExternalCheck<V>);
  /** How long after each ask the next one is made, `1s` or more: `30s`. */
  readonly every: string;
  /** Since it began to wait, longer than `every`: `6h`; for ever unless given. */
  readonly timeout?: string;
  /** How the time between two asks grows; it stays the same unless given. */
  readonly backoff?: "constant" | SensorBackoff;
  /** What becomes of it when the time is up; `fail` unless given. */
  readonly onTimeout?: T;
}

export interface SensorBackoff {
  /** Each time between two asks is so many times the one before, 1 to 10; 2 unless given. */
  readonly factor?: number;
  /** It grows no further: `10m`. */
  readonly max: string;
}

/** What a sensor's task gives to those who need it. */
export type SensorOutput<V, T> = V | (T extends { readonly value: infer W } ? W : never);
