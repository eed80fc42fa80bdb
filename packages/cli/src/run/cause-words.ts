import { isRecord, type JsonValue, type Partition } from "@millrace/core/internal";
import { backfillName } from "@millrace/postgres";
import { partitionWords, runName, shortName } from "../terminal/words.ts";

/** Why a run started, in a few words: `dataset orders date=2026-01-01`, `schedule morning`. */
export function causeWords(cause: JsonValue): string {
  if (!isRecord(cause)) return "";
  const { trigger, dataset, partition, pipeline, run, name } = cause;
  const type = typeof cause["type"] === "string" ? cause["type"] : "";
  if (typeof dataset === "string") {
    const slice = isRecord(partition) ? partitionWords(partition as Partition) : "";
    return ["dataset", shortName(dataset), slice].filter((word) => word !== "").join(" ");
  }
  if (type === "call" && typeof pipeline === "string") {
    return `call by ${shortName(pipeline)} ${runName(Number(run))}`;
  }
  if (type === "retry" || type === "rerun") return repeatWords(cause);
  if (typeof pipeline === "string") return `end of ${shortName(pipeline)} ${runName(Number(run))}`;
  if (typeof name === "string") return `event ${name}`;
  if (type === "manual") return "by hand";
  if (type === "backfill") return backfillName(Number(cause["backfill"]));
  return typeof trigger === "string" ? `${type} ${trigger}` : type;
}

/** `retry of run_7 by ana`, `run_7 again from clean by ana`. */
function repeatWords(cause: Readonly<Record<string, unknown>>): string {
  const run = runName(Number(cause["run"]));
  const { task, mark, by } = cause;
  const who = typeof by === "string" ? ` by ${by}` : "";
  if (typeof task !== "string") return `retry of ${run}${who}`;
  return typeof mark === "string"
    ? `${run} with ${task} ${mark}${who}`
    : `${run} again from ${task}${who}`;
}
