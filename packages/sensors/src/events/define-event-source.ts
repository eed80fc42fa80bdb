import { definitionInvalid } from "@millrace/core/internal";
import { mappingProblems } from "../http/check-hooks.ts";
import type { CloudEventRule } from "../http/hook.ts";
import type { MessageMapping } from "../http/message-mapping.ts";
import { nameProblems } from "../source/source-brand.ts";
import type { OpenEventSource } from "./event-source.ts";

/** Marks what this package's functions declared, also across duplicate installs of it. */
const EVENT_SOURCE: unique symbol = Symbol.for("millrace.event-source") as never;

/** What the messages of a source become: one of the two, as hooks have it. */
export type Becoming =
  | {
      /** Plain JSON; or, with `"objects"`, what S3 and its like tell of their objects. */
      readonly becomes: "objects" | MessageMapping;
      readonly rules?: undefined;
    }
  | {
      /** CloudEvents 1.0: the first rule that fits an event says what it becomes. */
      readonly rules: readonly CloudEventRule[];
      readonly becomes?: undefined;
    };

/** What holds for sources of messages where they say nothing else. */
export const EVENT_SOURCE_DEFAULTS = {
  deliveriesMax: 20,
  batchMax: 100,
  ackWait: "30s",
  every: "10s",
} as const;

/** What every source of messages can be told. */
export interface EventSourceBase {
  /**
   * Names the source in problems and dead letters. It is also a part of what its messages are
   * known by: under another name they would be news again.
   */
  readonly name: string;
  /**
   * How often a message may be handed out, or fail to be recorded by itself, before it is a dead
   * letter; 20 unless told, 2 to 1,000. While the store is away nothing is counted.
   */
  readonly deliveriesMax?: number;
}

export type EventSourceOptions = EventSourceBase &
  Becoming & {
    /** What kind of system it is, such as `kafka`; the type of source of what messages become. */
    readonly type: string;
    /** Where it reads, in words and without credentials: `the topic orders of kafka:9092`. */
    readonly place: string;
    readonly open: OpenEventSource;
  };

/** A source of messages as code declares it. Data only: nothing runs until it is started. */
export interface EventSourceDefinition {
  readonly [EVENT_SOURCE]: true;
  readonly name: string;
  readonly type: string;
  readonly place: string;
  readonly deliveriesMax: number;
  /** Null when they are CloudEvents. */
  readonly becomes: "objects" | MessageMapping | null;
  /** Empty unless they are CloudEvents. */
  readonly rules: readonly CloudEventRule[];
  /** Not shown in logs or JSON: what it knows may be secret. */
  readonly open: OpenEventSource;
}

/**
 * Declares a source whose messages become updates or events: an adapter of your own to any system
 * that keeps a message until it is acknowledged.
 *
 * @throws {DEFINITION_INVALID} When an option is out of its range.
 * @example
 * export const orders = eventSource({
 *   name: "orders",
 *   type: "kafka",
 *   place: "the topic orders of kafka:9092",
 *   open: openKafka,
 *   becomes: { type: "update", dataset: "shop/orders", partition: { day: { at: "/day" } } },
 * });
 */
export function eventSource(options: EventSourceOptions): EventSourceDefinition {
  const problems = eventSourceProblems(options, "eventSource");
  if (problems.length > 0) throw definitionInvalid(problems);
  return defineEventSource(options);
}

/** The definition, once its options have been checked. */
export function defineEventSource(options: EventSourceOptions): EventSourceDefinition {
  const {
    name,
    type,
    place,
    deliveriesMax = EVENT_SOURCE_DEFAULTS.deliveriesMax,
    becomes = null,
    rules = [],
  } = options;
  const source = { [EVENT_SOURCE]: true, name, type, place, deliveriesMax, becomes, rules };
  Object.defineProperty(source, "open", { value: options.open });
  return Object.freeze(source) as unknown as EventSourceDefinition;
}

/** What is wrong with the options that every source of messages has, in complete sentences. */
export function eventSourceProblems(options: EventSourceOptions, where: string): readonly string[] {
  const {
    name,
    type,
    place,
    deliveriesMax = EVENT_SOURCE_DEFAULTS.deliveriesMax,
    becomes,
    rules,
  } = options;
  const problems = [...(typeof becomes === "object" ? mappingProblems(becomes) : [])];
  problems.push(...(rules ?? []).flatMap((rule) => mappingProblems(rule.becomes)));
  if ((becomes === undefined) === (rules === undefined))
    problems.push("give either becomes, for plain JSON, or rules, for CloudEvents");
  if (rules?.length === 0) problems.push("it has no rule; give one, or nothing would be taken");
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(type))
    problems.push(`the type ${JSON.stringify(type)} must be a word such as "kafka"`);
  if (place.length < 1 || place.length > 500) problems.push("place has 1 to 500 characters");
  if (!Number.isInteger(deliveriesMax) || deliveriesMax < 2 || deliveriesMax > 1_000)
    problems.push("deliveriesMax is a whole number from 2 to 1,000");
  return [
    ...nameProblems(name, where),
    ...problems.map((problem) => `Source ${name}: ${problem}.`),
  ];
}

/** True for what `eventSource`, `natsSource` and `postgresSource` return. */
export function isEventSource(value: unknown): value is EventSourceDefinition {
  return typeof value === "object" && value !== null && EVENT_SOURCE in value;
}

/** A source in words, without its credentials. */
export function describeEventSource({ name, place }: EventSourceDefinition): string {
  return `${name}: messages from ${place}`;
}
