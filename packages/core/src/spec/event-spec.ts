import type { JsonValue } from "./json.ts";

/** An event type on the bus, as data. Its name is global: `ticket.stale`. */
export interface EventSpec {
  readonly name: string;
  /** JSON Schema of its data, where its schema library offers one; null when it has none. */
  readonly schema: JsonValue;
  /** Heard only in the namespace of the pipeline that publishes it; absent: everywhere. */
  readonly scope?: "namespace";
}
