import { definitionInvalid, parseDurationMs } from "@millrace/core/internal";
import {
  type Becoming,
  defineEventSource,
  EVENT_SOURCE_DEFAULTS as DEFAULTS,
  type EventSourceBase,
  type EventSourceDefinition,
  eventSourceProblems,
} from "../define-event-source.ts";
import type { OpenEventSource } from "../event-source.ts";
import { describeNats, type NatsAccess, natsAccessProblems } from "./nats-access.ts";

export type NatsSourceOptions = EventSourceBase &
  NatsAccess &
  Becoming & {
    /** The stream of JetStream whose messages are taken. It must be there. */
    readonly stream: string;
    /**
     * The durable pull consumer: all who run this source share it. Where it is not there it is
     * made, from the beginning of the stream on; one that is there must acknowledge explicitly and
     * must not give up on a message before `deliveriesMax`.
     */
    readonly consumer: string;
    /** Only messages whose subject fits: `orders.*`, `orders.>`; all of the stream unless told. */
    readonly subject?: string;
    /**
     * After how long a message that a dead process had in hand comes again: `1s` to `1h`, `30s`
     * unless told. While a live one has it in hand the server is told so.
     */
    readonly ackWait?: string;
    /** Messages in hand at once, 1 to 1,000; 100 unless told. */
    readonly batchMax?: number;
    /**
     * A header that says what a message is known by, for good, such as `Nats-Msg-Id`: then one that
     * was published twice counts once, however far apart. Unless told, its place in the stream.
     */
    readonly idHeader?: string;
  };

/** What the adapter has to know. */
export interface NatsReading {
  readonly name: string;
  readonly access: NatsAccess;
  readonly stream: string;
  readonly consumer: string;
  readonly subject: string | null;
  readonly ackWaitMs: number;
  readonly batchMax: number;
  readonly idHeader: string | null;
  readonly deliveriesMax: number;
}

/**
 * Takes messages from a stream of NATS JetStream. Each is acknowledged after what it became is
 * committed, and what comes again changes nothing. Any number of processes share the consumer.
 *
 * @throws {DEFINITION_INVALID} When an option is out of its range.
 * @example
 * export const orders = natsSource({
 *   name: "orders",
 *   servers: "nats://bus.internal:4222",
 *   stream: "ORDERS",
 *   consumer: "millrace",
 *   subject: "orders.placed",
 *   becomes: { type: "update", dataset: "shop/orders", partition: { day: { at: "/day" } } },
 * });
 */
export function natsSource(options: NatsSourceOptions): EventSourceDefinition {
  const { name, stream, consumer, subject = null, idHeader = null } = options;
  const { ackWait = DEFAULTS.ackWait, batchMax = DEFAULTS.batchMax } = options;
  const ackWaitMs = parseDurationMs(ackWait) ?? 0;
  const place = `the stream ${stream} of ${describeNats(options)}`;
  const found = [
    ...natsAccessProblems(options),
    ...[
      NAME.test(stream) ? null : `the stream ${shown(stream)} ${NAME_RULE}`,
      NAME.test(consumer) ? null : `the consumer ${shown(consumer)} ${NAME_RULE}`,
      subject === null || SUBJECT.test(subject)
        ? null
        : `the subject ${shown(subject)} is none; write it like "orders.*" or "orders.>"`,
      ackWaitMs >= 1_000 && ackWaitMs <= 3_600_000
        ? null
        : `ackWait is ${shown(ackWait)}; write a duration from 1s to 1h`,
      Number.isInteger(batchMax) && batchMax >= 1 && batchMax <= 1_000
        ? null
        : "batchMax is a whole number from 1 to 1,000",
      idHeader === null || /^[!-9;-~]{1,64}$/.test(idHeader)
        ? null
        : `idHeader is the name of a header, such as "Nats-Msg-Id"`,
    ].flatMap((problem) => (problem === null ? [] : [problem])),
  ].map((problem) => `Source ${name}: ${problem}.`);
  const base = { ...options, type: "nats", place: place.slice(0, 500), open: neverOpened };
  const problems = [...eventSourceProblems(base, "natsSource"), ...found];
  if (problems.length > 0) throw definitionInvalid(problems);
  const access = accessOf(options);
  const { deliveriesMax } = defineEventSource(base);
  const reading = { name, access, stream, consumer, subject, ackWaitMs, batchMax, idHeader };
  const open: OpenEventSource = async (context) => {
    const { openNats } = await import("./open-nats.ts");
    return openNats({ ...reading, deliveriesMax }, context);
  };
  return defineEventSource({ ...base, open });
}

/** As NATS has them: no spaces, dots, wildcards or slashes. */
const NAME = /^[A-Za-z0-9_-]{1,255}$/;
const NAME_RULE = `must be 1 to 255 letters, digits, "_" and "-"`;
/** Tokens with dots between them; `*` is a whole token, and `>` the last one. */
const SUBJECT = /^(?=.{1,255}$)(\*|[^\s.*>]+)(\.(\*|[^\s.*>]+))*(\.>)?$/;

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

function neverOpened(): Promise<never> {
  return Promise.reject(new Error("It is only being checked."));
}

function accessOf({ servers, connection, credentials, tls }: NatsAccess): NatsAccess {
  return {
    ...(servers !== undefined && { servers }),
    ...(connection !== undefined && { connection }),
    ...(credentials !== undefined && { credentials }),
    ...(tls !== undefined && { tls }),
  };
}
