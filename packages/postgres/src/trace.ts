import { knownTraceparent } from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";

/**
 * A trace for what brings none: as W3C has it, whoever is asked without one begins it. It is
 * marked as sampled, or handlers that ask their parent would record nothing.
 */
export const NEW_TRACE: RawBuilder<string> = sql`concat('00-',
  replace(gen_random_uuid()::text, '-', ''), '-',
  substr(replace(gen_random_uuid()::text, '-', ''), 17), '-01')`;

/** The trace that came along; null when there is none that anybody could read. */
export function traceIn(item: { readonly traceparent?: string | null }): string | null {
  return knownTraceparent(item.traceparent ?? "");
}
