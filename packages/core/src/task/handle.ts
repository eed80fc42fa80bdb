import type { ResultRef, WhenSpec } from "../spec/task-spec.ts";

/** Which pipeline's builder made a handle: handles of another one are refused. */
export interface Owner {
  readonly pipeline: string;
}

export const HANDLE: unique symbol = Symbol.for("millrace.handle") as never;
export const WAY: unique symbol = Symbol.for("millrace.way") as never;

/** Any handle, whatever its type. */
export interface AnyHandle {
  readonly [HANDLE]: { readonly owner: Owner; readonly ref: ResultRef };
  readonly "~output"?: unknown;
}

/** A declared task, standing for its output of type `O`. */
export interface Handle<O> extends AnyHandle {
  readonly "~output"?: O;
  /** For `when`: starts only if this task failed. */
  failed(): Way;
  /** For `when`: starts once this task has ended, whatever came of it. */
  done(): Way;
  /** A part of the output: `load.at("chunks")`. */
  at<K extends keyof O & string>(key: K): Handle<O[K]>;
}

/** A branch: its output is the way it takes, one of the literals that its handler returns. */
export interface Branch<W extends string> extends Handle<W> {
  /** For `when`: starts only if the branch takes this way. */
  is(way: W): Way;
}

/** An answer that another task waits for, in `when`. */
export interface Way {
  readonly [WAY]: { readonly owner: Owner; readonly when: WhenSpec };
}

export type OutputOf<H> = H extends { readonly "~output"?: infer O } ? O : never;

/** A handle with its type erased; it serves for branches as well. */
export function toHandle(owner: Owner, ref: ResultRef): Branch<string> & Handle<never> {
  const { task } = ref;
  const way = (when: WhenSpec): Way => Object.freeze({ [WAY]: { owner, when } });
  return Object.freeze({
    [HANDLE]: { owner, ref },
    failed: () => way({ task, is: "failed" }),
    done: () => way({ task, is: "done" }),
    is: (name: string) => way({ task, is: "way", way: name }),
    at: (key: string) => toHandle(owner, { task, path: [...ref.path, key] }),
  }) as never;
}

export function isHandle(value: unknown): value is AnyHandle {
  return typeof value === "object" && value !== null && HANDLE in value;
}

export function isWay(value: unknown): value is Way {
  return typeof value === "object" && value !== null && WAY in value;
}
