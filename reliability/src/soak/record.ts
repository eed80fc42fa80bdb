import { randomUUID } from "node:crypto";
import type { Afterwards } from "@millrace/core/internal";
import type { Store } from "@millrace/postgres";

/** Tells of so many updates of a dataset, each with a key of its own. */
export function record(
  store: Pick<Store, "recordUpdates">,
  dataset: string,
  count: number,
): Promise<Afterwards> {
  const items = Array.from({ length: count }, () => ({
    dataset: `default/${dataset}`,
    partition: {},
    kind: "changed" as const,
    uri: null,
    metadata: { rows: 1 },
    source: { type: "soak", key: "load" },
    idempotencyKey: randomUUID(),
    correlationId: null,
  }));
  return store.recordUpdates(items);
}
