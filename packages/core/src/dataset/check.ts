import { quoted } from "../check/names.ts";
import type { OP } from "../filter/op.ts";
import { toFilterSpec, type Where } from "../filter/where.ts";
import type { CheckSpec } from "../spec/dataset-spec.ts";
import type { Key } from "./partition-scheme.ts";

const CHECK: unique symbol = Symbol.for("millrace.check") as never;

/** Any check, whatever its types. */
export interface AnyCheck {
  readonly [CHECK]: { readonly name: unknown; readonly that: unknown; readonly blocking: unknown };
  /** For the compiler only: its name, what it looks at (never: nothing), whether it blocks. */
  readonly "~check"?: { readonly n: unknown; readonly f: unknown; readonly b: unknown };
}

/** What each update of a dataset must pass. */
export interface Check<N extends string, F, B extends boolean> extends AnyCheck {
  readonly "~check"?: { readonly n: N; readonly f: F; readonly b: B };
}

export interface CheckOptions<F, B extends boolean> {
  /**
   * What holds of an update that passes, in the shape of a filter: `{ metadata: { rows: gt(0) } }`.
   * Left out, whoever makes the update says how the check came out.
   */
  readonly that?: F;
  /** An update that fails it is quarantined: recorded, but it triggers nothing. */
  readonly blocking?: B;
}

/**
 * A check of each update of a dataset.
 *
 * @example
 * dataset("delays", {
 *   metadata: z.object({ rows: z.number() }),
 *   checks: [
 *     check("has rows", { that: { metadata: { rows: gt(0) } }, blocking: true }),
 *     check("no nulls"), // reported: update({ metadata, checks: { "no nulls": true } })
 *   ],
 * });
 */
export function check<const N extends string, const F = never, const B extends boolean = false>(
  name: N,
  { that, blocking }: CheckOptions<F, B> = {},
): Check<N, F, B> {
  return Object.freeze({ [CHECK]: Object.freeze({ name, that, blocking: blocking ?? false }) });
}

/** Each check, or a sentence about why it does not fit a dataset of these types. */
export type ChecksFit<C, P, O> = {
  readonly [K in keyof C]: C[K] extends { readonly "~check"?: { readonly f: infer F } }
    ? Fits<F, CheckedFacts<P, O>> extends true
      ? C[K]
      : "its `that` does not fit this dataset's updates"
    : never;
};

interface CheckedFacts<P, O> {
  readonly metadata: O;
  readonly partition: Key<P>;
  readonly kind: "changed" | "removed";
  readonly uri: string | null;
  readonly source: { readonly type: "task" | "s3" | "api"; readonly key: string };
}

/** Inferred as unknown, or never, where nothing was said. */
type IsOpen<F> = [F] extends [never] ? true : unknown extends F ? true : false;

type Fits<F, T> =
  IsOpen<F> extends true
    ? true
    : [F] extends [Where<T>]
      ? [Strange<F, T>] extends [never]
        ? true
        : false
      : false;

/** Fields that a filter names and its facts lack; the compiler lets some of them pass. */
type Strange<F, T> = F extends { readonly [OP]: unknown }
  ? never
  : F extends object
    ? {
        [K in keyof F]: K extends keyof T ? Strange<F[K], NonNullable<T[K]>> : K;
      }[keyof F]
    : never;

/** What an update reports of these checks: each blocking one, and any other that it likes. */
export type Reported<C extends readonly AnyCheck[]> = {
  readonly [E in C[number] as NameOf<E, true>]: boolean;
} & { readonly [E in C[number] as NameOf<E, false>]?: boolean };

type NameOf<E, Blocking extends boolean> = E extends {
  readonly "~check"?: {
    readonly n: infer N extends string;
    readonly f: infer F;
    readonly b: infer B;
  };
}
  ? IsOpen<F> extends true
    ? ([B] extends [true] ? true : false) extends Blocking
      ? N
      : never
    : never
  : never;

/** The checks as data; a problem, without its full stop, for what is none. */
export function toCheckSpecs(values: unknown, problems: string[]): readonly CheckSpec[] {
  if (!Array.isArray(values)) {
    problems.push(`its checks are no list; write checks: [check("name", { … })]`);
    return [];
  }
  return Object.freeze(values.flatMap((value: unknown) => toCheckSpec(value, problems)));
}

function toCheckSpec(value: unknown, problems: string[]): CheckSpec[] {
  if (typeof value !== "object" || value === null || !(CHECK in value)) {
    problems.push(`its check ${quoted(value)} is none; write check("name", { … })`);
    return [];
  }
  const { name, that, blocking } = (value as AnyCheck)[CHECK];
  const { filter, issue } = toFilterSpec(that ?? {});
  if (issue !== null) {
    problems.push(
      `its check ${quoted(name)} has no value or test at ${issue}: write e.g. gt(0) there`,
    );
  } else if (that !== undefined && filter === null) {
    problems.push(
      `its check ${quoted(name)} says that nothing holds; fill its \`that\`, or leave it out`,
    );
  }
  return [Object.freeze({ name: String(name), blocking: blocking === true, that: filter })];
}
