import type { GrowthStore, Pruned, PruneKind, Retention } from "@millrace/core/internal";
import type { Database } from "../database.ts";
import { pruneDeliveries, pruneEvents, pruneUpdates } from "./prune-facts.ts";
import { pruneGroups } from "./prune-groups.ts";
import { pruneMemories } from "./prune-memories.ts";
import { pruneOutbox } from "./prune-outbox.ts";
import { prunePartitions } from "./prune-partitions.ts";
import { pruneBackfills, pruneKeys, pruneRecords, pruneSlots } from "./prune-records.ts";
import { pruneRuns } from "./prune-runs.ts";
import { dropRange, makeRanges } from "./update-ranges.ts";

type Prune = (database: Database, retention: Retention, limit: number) => Promise<Pruned>;

const PRUNE: Record<PruneKind, Prune> = {
  run: pruneRuns,
  backfill: pruneBackfills,
  delivery: pruneDeliveries,
  range: dropRange,
  update: pruneUpdates,
  event: pruneEvents,
  group: pruneGroups,
  key: pruneKeys,
  slot: pruneSlots,
  dead_letter: (database, retention, limit) =>
    pruneRecords(database, "dead_letter", retention, limit),
  audit: (database, retention, limit) => pruneRecords(database, "audit", retention, limit),
  memory: pruneMemories,
  partition: prunePartitions,
  out: (database, { historyMs }, limit) => pruneOutbox(database, historyMs, limit),
};

/** Retention, on one database. */
export function growthStore(database: Database): GrowthStore {
  return {
    makeRanges: (rowsMin) => makeRanges(database, rowsMin),
    prune: (kind, retention, limit) => PRUNE[kind](database, retention, limit),
  };
}
