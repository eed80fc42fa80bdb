import {
  type EventSourceDefinition,
  natsSource,
  type NatsSourceOptions,
  postgresSource,
  type PostgresSourceOptions,
} from "@millrace/sensors";
import { consumeMessages, type Death } from "./order-messages.ts";

/** Consumes until it dies where it is told to. Its arguments: the source, the database, the place. */
const [, , given = "", databaseUrl = "", death = ""] = process.argv;
consumeMessages(toSource(given), databaseUrl, { death: death as Death });
// A consumer whose parent is gone has nobody to wait for it.
process.on("disconnect", () => process.exit());

function toSource(text: string): EventSourceDefinition {
  const { type, ...options } = JSON.parse(text) as { readonly type: "nats" | "postgres" };
  return type === "nats"
    ? natsSource(options as NatsSourceOptions)
    : postgresSource(options as PostgresSourceOptions);
}
