import type { Instant } from "@millrace/core/internal";
import type { TimeText } from "./timeline.ts";
import { timelineInvalid } from "./timeline-fact.ts";

/** @throws {INPUT_INVALID} */
export function parseTime(text: TimeText, what: string): Instant {
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes("T");
  const at = Date.parse(hasZone ? text : `${text}Z`);
  if (!Number.isNaN(at)) return at;
  const issue = `${JSON.stringify(text)} is no time; write it like "2026-03-01T10:00Z"`;
  throw timelineInvalid(what, [issue]);
}
