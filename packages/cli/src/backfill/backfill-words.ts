import type { BackfillEffect, BackfillUpdates, Partition } from "@millrace/core/internal";
import { type BackfillDetail, backfillName, type BackfillSummary } from "@millrace/postgres";
import { toTable } from "../terminal/table.ts";
import { counted, partitionWords, runName, shortName } from "../terminal/words.ts";

/** A backfill as `--json` gives it: its id and those of its runs as commands take them. */
export function toBackfillJson(backfill: BackfillSummary): object {
  return { ...backfill, id: backfillName(backfill.id) };
}

/** The same with its items and whom it reaches. */
export function toBackfillDetailJson(backfill: BackfillDetail): object {
  const items = backfill.items.map((item) => ({
    ...item,
    runId: item.runId === null ? null : runName(item.runId),
  }));
  return { ...toBackfillJson(backfill), items };
}

/** `3 succeeded, 1 running`, in the order in which items move; what there is none of is left out. */
export function countWords(counts: BackfillSummary["counts"]): string {
  const words = (
    ["waiting", "running", "succeeded", "failed", "cancelled", "skipped"] as const
  ).flatMap((state) => (counts[state] === 0 ? [] : [`${counts[state]} ${state}`]));
  return words.join(", ");
}

const ROWS_SHOWN = 50;

interface PlannedItem {
  readonly partition: Partition;
  readonly action: string;
  readonly reason: string | null;
}

/** What a plan would do to each partition; of a long one the first. */
export function planTable(items: readonly PlannedItem[]): string {
  const rows = items
    .slice(0, ROWS_SHOWN)
    .map(({ partition, action, reason }) => [partitionWords(partition), action, reason ?? ""]);
  return withRest(toTable([["PARTITION", "ACTION", "REASON"], ...rows]), items.length);
}

/** How far each partition has come; of a long backfill the first. */
export function itemTable({ items }: BackfillDetail): string {
  const rows = items
    .slice(0, ROWS_SHOWN)
    .map(({ partition, action, state, runId, reason }) => [
      partitionWords(partition),
      action,
      state,
      runId === null ? "" : runName(runId),
      reason ?? "",
    ]);
  const head = ["PARTITION", "ACTION", "STATE", "RUN", "REASON"];
  return withRest(toTable([head, ...rows]), items.length);
}

function withRest(table: string, count: number): string {
  return count > ROWS_SHOWN
    ? `${table}\nand ${count - ROWS_SHOWN} more; --json shows them all`
    : table;
}

/** `2 new, 1 rerun, 1 skip`. */
export function actionWords(items: readonly PlannedItem[]): string {
  const words = ["new", "rerun", "skip"].flatMap((action) => {
    const count = items.filter((item) => item.action === action).length;
    return count === 0 ? [] : [`${count} ${action}`];
  });
  return words.join(", ");
}

const MODES: Readonly<Record<BackfillUpdates, string>> = {
  emit: "Their updates trigger like any other.",
  suppress: "Their updates are recorded and trigger nothing.",
  cascade: "Consumers run as part of the backfill, apart from what is live.",
};

/** Whom the updates of a backfill reach. */
export function effectWords(
  updates: BackfillUpdates,
  downstream: readonly BackfillEffect[],
): string {
  if (updates === "suppress") return MODES.suppress;
  if (downstream.length === 0) return "No other pipeline depends on them.";
  const lines = downstream.map(({ pipeline, state, by, isFiltered }) => {
    const name = shortName(pipeline);
    if (state === "part") return `  ${name} would wait for more, by ${by}`;
    return `  ${name} ${isFiltered ? "may run" : "runs"}, by ${by}`;
  });
  return [MODES[updates], ...lines].join("\n");
}

/** Runs of consumers that are part of a cascade; empty when there is none. */
export function cascadeWords({ cascaded }: BackfillDetail): string {
  const { activeCount, endedCount } = cascaded;
  if (activeCount + endedCount === 0) return "";
  return `Consumers: ${counted(activeCount, "run")} under way, ${endedCount} ended.`;
}
