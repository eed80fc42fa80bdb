import type { Owner } from "./handle.ts";

export const GROUP: unique symbol = Symbol.for("millrace.group") as never;

/** Tasks that stand and fall together: name it in their `group`. */
export interface Group {
  readonly name: string;
  readonly [GROUP]: { readonly owner: Owner };
}

export interface GroupOptions {
  /** The first of its tasks that fails cancels the others. */
  readonly failFast?: boolean;
  /** Since the first of its tasks was ready: `30m`. What has not ended then fails. */
  readonly timeout?: string;
  /** How many of its tasks may be in flight at once, 1 or more. */
  readonly maxParallel?: number;
}

export function toGroup(name: string, owner: Owner): Group {
  return Object.freeze({ name, [GROUP]: Object.freeze({ owner }) });
}

export function isGroup(value: unknown): value is Group {
  return typeof value === "object" && value !== null && GROUP in value;
}
