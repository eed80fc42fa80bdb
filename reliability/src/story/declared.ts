import {
  check,
  daily,
  dataset,
  dynamic,
  event,
  gte,
  monthly,
  namespace,
  pool,
} from "@millrace/core";
import { z } from "zod";

/** Who made an update: a person's call by its mark, or a handler's execution by its number. */
export const made = z.object({
  mark: z.number().int().default(0),
  exec: z.number().int().default(0),
  rows: z.number().int().default(1),
});

export const date = daily({ start: "2025-01-01" });
export const month = monthly({ start: "2025-01" });

export const raw = dataset("raw", { metadata: made });
export const clean = dataset("clean", { metadata: made });
export const report = dataset("report", { metadata: made });
/** Updates of fewer than no rows are quarantined. */
export const checked = dataset("checked", {
  metadata: made,
  checks: [check("has rows", { that: { metadata: { rows: gte(0) } }, blocking: true })],
});
export const daysOf = dataset("days", { partitions: { date }, metadata: made });
export const sums = dataset("sums", { partitions: { date }, metadata: made });
/** Its events may be lost; a listing finds what they did not tell. */
export const lake = dataset("lake", {
  uri: "s3://lake/files/{file}.csv",
  partitions: { file: dynamic() },
});
/** Its events are all delivered, in any order and more than once; nobody lists it. */
export const mail = dataset("mail", {
  uri: "s3://mail/in/{letter}.eml",
  partitions: { letter: dynamic() },
});

export const ping = event("story.ping", {
  data: z.object({ mark: z.number().int(), who: z.string() }),
});
export const reply = event("story.reply", {
  data: z.object({ mark: z.number().int(), who: z.string() }),
});
export const alarm = event("story.alarm", { data: z.object({ exec: z.number().int() }) });

export const dock = pool("dock", { slots: 2 });

export const crowded = namespace("crowded", {
  limits: { maxActiveRuns: 3, maxParallelTasks: 4 },
});
