import type { AnyCondition, DatasetsIn, PartsIn } from "../condition/condition-draft.ts";
import type { Scheme } from "../dataset/partition-scheme.ts";
import type { AnyEvent } from "../event/event.ts";
import type { CalendarKind } from "../spec/partition-spec.ts";
import type { Interval } from "./cron.ts";
import type { From } from "./from.ts";
import type { AnyTrigger } from "./trigger-draft.ts";

/** What may stand under `on`. */
export type Triggering = AnyCondition | AnyTrigger | AnyEvent;

/** The sources that a run may have consumed from. */
export type SourcesOf<X> = X extends { readonly "~trigger"?: { readonly s: infer S } }
  ? S
  : X extends AnyEvent
    ? X
    : DatasetsIn<X>;

type PartsGiven<X> = X extends { readonly "~trigger"?: { readonly p: infer P } }
  ? P
  : X extends AnyEvent
    ? {}
    : PartsIn<X>;

type ParamsGiven<X> = X extends { readonly "~trigger"?: { readonly params: infer Params } }
  ? Params
  : {};

/**
 * Each trigger, or a sentence about why it does not fit: it must say which partition its run is
 * for, and fill the required params.
 */
export type CheckOn<On, P, I> = {
  readonly [K in keyof On]: [Problem<On[K], P, I>] extends [never] ? On[K] : Problem<On[K], P, I>;
};

type Problem<X, P, I> = PartitionProblem<PartsGiven<X>, P> | ParamsProblem<ParamsGiven<X>, I>;

type PartitionProblem<Q, P> = Q extends Interval
  ? IntervalProblem<P>
  : [keyof P] extends [never]
    ? Q extends unknown
      ? [keyof Q] extends [never]
        ? never
        : "this pipeline has no partitions: declare them, or add .as({}) for a run that is for none"
      : never
    : Q extends unknown
      ? { [K in keyof P & string]: KeyProblem<K, Q, P> }[keyof P & string]
      : never;

type KeyProblem<K extends keyof P & string, Q, P> = K extends keyof Q
  ? Q[K] extends P[K]
    ? never
    : P[K] extends Q[K]
      ? never
      : `'${K}' is partitioned differently here: map it with .as()`
  : `this trigger does not say which '${K}' a run is for`;

type IntervalProblem<P> = [keyof P] extends [never]
  ? "partition: 'interval' needs exactly one partition key"
  : IsUnion<keyof P> extends true
    ? "partition: 'interval' needs exactly one partition key"
    : P[keyof P] extends Scheme<CalendarKind>
      ? never
      : "partition: 'interval' needs a calendar key";

type IsUnion<U, V = U> = U extends unknown ? ([V] extends [U] ? false : true) : never;

type RequiredKeys<I> = keyof { [K in keyof I as {} extends Pick<I, K> ? never : K]: unknown };

type ParamsProblem<Given, I> = string extends keyof I
  ? never
  :
      | (RequiredKeys<I> extends infer K
          ? K extends string
            ? K extends keyof Given
              ? never
              : `this trigger does not fill the param '${K}'`
            : never
          : never)
      | {
          [K in keyof Given & string]: K extends keyof I
            ? Given[K] extends I[K] | From
              ? never
              : `the param '${K}' has another type`
            : `the pipeline has no param '${K}'`;
        }[keyof Given & string];
