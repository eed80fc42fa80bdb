import { definitionInvalid, parseDurationMs } from "@millrace/core/internal";
import { connectionNameProblem } from "../../connection/connection.ts";
import {
  type Becoming,
  defineEventSource,
  EVENT_SOURCE_DEFAULTS as DEFAULTS,
  type EventSourceBase,
  type EventSourceDefinition,
  eventSourceProblems,
} from "../define-event-source.ts";
import type { OpenEventSource } from "../event-source.ts";

export type PostgresSourceOptions = EventSourceBase &
  Becoming & {
    /** `postgres://user:password@host:5432/shop`. Not shown in logs or JSON. */
    readonly url?: string | undefined;
    /**
     * Instead of a URL: `MILLRACE_CONNECTION_<NAME>` holds it. It is read each time that the source
     * is opened.
     */
    readonly connection?: string | undefined;
    /** The outbox table, with its schema or found by the search path: `public.order_outbox`. */
    readonly table: string;
    /** What `notify` names when there are new rows; the table's name, without schema, unless told. */
    readonly channel?: string;
    /** How often to look without being notified: `1s` to `1h`, `10s` unless told. */
    readonly every?: string;
    /** Rows taken at once, 1 to 1,000; 100 unless told. */
    readonly batchMax?: number;
  };

/** What the adapter has to know. */
export interface OutboxReading {
  readonly name: string;
  /** Null when it is a connection's. */
  readonly url: string | null;
  readonly connection: string | null;
  /** Quoted, as SQL has it. */
  readonly table: string;
  readonly channel: string;
  readonly everyMs: number;
  readonly batchMax: number;
}

/**
 * Takes rows from an outbox table in somebody's database, in order of their ids, and deletes them
 * after what they became is committed. Whoever writes rows needs to know nothing of Millrace; a
 * `notify` makes it quick, and without one the table is looked at every now and then. Processes
 * that run the same source take different rows.
 *
 * The table has the columns `id bigint`, `payload jsonb`, `headers jsonb` and
 * `created_at timestamptz`; a view of that form does as well. Who reads must be allowed to select,
 * update and delete, because it locks what it takes.
 *
 * @throws {DEFINITION_INVALID} When an option is out of its range.
 * @example
 * export const orders = postgresSource({
 *   name: "orders",
 *   connection: "shop",
 *   table: "public.order_outbox",
 *   becomes: { type: "update", dataset: "shop/orders", partition: { day: { at: "/day" } } },
 * });
 */
export function postgresSource(options: PostgresSourceOptions): EventSourceDefinition {
  const { name, url = null, connection = null, table } = options;
  const { every = DEFAULTS.every, batchMax = DEFAULTS.batchMax } = options;
  const parts = table.split(".");
  const channel = options.channel ?? parts.at(-1) ?? "";
  const everyMs = parseDurationMs(every) ?? 0;
  const found = [
    accessProblem(url, connection),
    parts.length <= 2 && parts.every((part) => NAME.test(part))
      ? null
      : `the table ${JSON.stringify(table.slice(0, 130))} must be a name, or a schema and a name, each of a-z, 0-9 and "_"`,
    NAME.test(channel) ? null : `the channel must be 1 to 63 of a-z, 0-9 and "_"`,
    everyMs >= 1_000 && everyMs <= 3_600_000
      ? null
      : `every is ${JSON.stringify(every)}; write a duration from 1s to 1h`,
    Number.isInteger(batchMax) && batchMax >= 1 && batchMax <= 1_000
      ? null
      : "batchMax is a whole number from 1 to 1,000",
  ].flatMap((problem) => (problem === null ? [] : [`Source ${name}: ${problem}.`]));
  const reading: OutboxReading = {
    ...{ name, url, connection, channel, everyMs, batchMax },
    table: parts.map((part) => `"${part}"`).join("."),
  };
  const open: OpenEventSource = async (context) => {
    const { openOutbox } = await import("./open-outbox.ts");
    return openOutbox(reading, context);
  };
  const place = `the table ${table.slice(0, 130)} of ${placeOf(url, connection)}`;
  const definition = { ...options, type: "postgres", place, open };
  const problems = [...eventSourceProblems(definition, "postgresSource"), ...found];
  if (problems.length > 0) throw definitionInvalid(problems);
  return defineEventSource(definition);
}

/** What needs no thought about quotes: in SQL, too, such a name means the same with and without. */
const NAME = /^[a-z_][a-z0-9_]{0,62}$/;

/** Never with the URL: it may hold a password. */
function accessProblem(url: string | null, connection: string | null): string | null {
  if ((url === null) === (connection === null))
    return "give either a url or the name of a connection";
  if (connection !== null) return connectionNameProblem(connection)?.replace(/\.$/, "") ?? null;
  const parsed = URL.parse(url ?? "");
  return parsed !== null && parsed.hostname !== "" && /^postgres(ql)?:$/.test(parsed.protocol)
    ? null
    : 'the url is none of Postgres; write it like "postgres://user:password@host:5432/name"';
}

function placeOf(url: string | null, connection: string | null): string {
  if (connection !== null) return `the connection ${connection}`;
  const parsed = URL.parse(url ?? "");
  return parsed === null ? "nowhere" : `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
}
